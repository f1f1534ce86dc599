package dev.tenon.bench.endtoend;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.auth.limit.Rates;
import dev.tenon.auth.policy.Policy;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.HostLimits;
import dev.tenon.host.HostStartException;
import dev.tenon.host.PluginHost;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The program that is measured: a host as an application embeds it, with a caller and a backend as
 * plugins. Prints "ready" when both are healthy, and ends with its standard input.
 */
final class BenchHost {
  private static final String ANY_PORT = "tcp:127.0.0.1:0";
  private static final Rate MOST = new Rate(Rates.MOST, Rates.MOST);

  private BenchHost() {}

  /**
   * Runs the host.
   *
   * @param args a private folder with {@code plugins} and {@code policy.toml}, and the {@link
   *     Setting}
   */
  public static void main(String[] args) throws ConfigException, HostStartException, IOException {
    try (PluginHost host = builder(Path.of(args[0]), Setting.valueOf(args[1])).start()) {
      System.err.println(host.describe());
      System.out.println("ready");
      awaitEndOfInput();
    }
  }

  private static HostBuilder builder(Path folder, Setting setting) throws ConfigException {
    HostBuilder builder =
        PluginHost.builder()
            .required("*")
            .plugins(folder.resolve("plugins"))
            .policy(Policy.load(folder.resolve("policy.toml")))
            .state(folder.resolve("state"))
            .run(folder.resolve("run"))
            .dataListen(ANY_PORT)
            .limits(HostLimits.DEFAULT.with(Limited.CALL, MOST).with(Limited.CONNECT, MOST))
            .startLimits(Duration.ofSeconds(60), Duration.ofSeconds(60))
            .stopGrace(Duration.ofMillis(200));
    return switch (setting) {
      case UNIX -> builder;
      case TCP, PLUGINS, PLAIN -> builder.enrolListen(ANY_PORT).controlListen(ANY_PORT);
    };
  }

  private static void awaitEndOfInput() throws IOException {
    BufferedReader stdin = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    while (stdin.readLine() != null) {
      // Nothing is said there.
    }
  }
}
