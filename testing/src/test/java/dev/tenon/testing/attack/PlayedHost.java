package dev.tenon.testing.attack;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.auth.limit.Rates;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.ConnectionLimits;
import dev.tenon.core.PluginName;
import dev.tenon.host.HostLimits;
import dev.tenon.host.HostStartException;
import dev.tenon.host.PluginHost;
import dev.tenon.host.RestartPolicy;
import dev.tenon.host.launch.Isolation;
import dev.tenon.host.launch.Launch;
import dev.tenon.host.launch.LaunchException;
import dev.tenon.host.launch.LaunchedPlugin;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.host.launch.PluginRuntime;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A host in a process of its own, whose plugins others play: it prints the bootstrap line of each,
 * then {@code ready}, answers each line of input with the bytes that it holds, and ends with its
 * input. The arguments are its directory and how many connections it keeps in their handshake.
 */
final class PlayedHost {
  /** Who attacks provides what it calls: an overloaded innocent provider is not the matter here. */
  private static final String POLICY =
      Scene.POLICY
          + """

          [[rule]]
          id = "mallory-itself"
          effect = "allow"
          caller = "mallory"
          service = "testservice.v1.Other"
          """;

  /** As on a Unix socket, which has no limit of its own of how often one connects. */
  private static final Rate MANY = new Rate(Rates.MOST, Rates.MOST);

  private PlayedHost() {}

  /** Hands the bootstrap line out; what the plugin does is no matter of this process. */
  private record HandingOut(PluginName name, PluginRuntime runtime) implements PluginRuntime {
    @Override
    public LaunchedPlugin launch(Launch launch) throws LaunchException {
      System.out.print(name.value() + " " + launch.exposeBootstrapLine());
      System.out.flush();
      return runtime.launch(launch);
    }

    @Override
    public Isolation isolation() {
      return runtime.isolation();
    }
  }

  /** Runs until there is no more input. */
  public static void main(String[] arguments)
      throws IOException, ConfigException, HostStartException {
    Path directory = Path.of(arguments[0]);
    int handshakes = Integer.parseInt(arguments[1]);
    ConnectionLimits few = ConnectionLimits.DEFAULT;
    ConnectionLimits limits =
        handshakes == few.handshakes()
            ? few
            : new ConnectionLimits(handshakes, handshakes, 100, handshakes, 100, few.age());
    var builder =
        PluginHost.builder()
            .required("*")
            .restart(RestartPolicy.NEVER)
            .state(directory.resolve("s"))
            .run(directory.resolve("r"))
            .audit(audit(directory))
            .controlListen("tcp:127.0.0.1:0")
            .dataListen("tcp:127.0.0.1:0")
            .policy(Policy.parse(POLICY))
            .limits(HostLimits.DEFAULT.with(limits).with(Limited.CONNECT, MANY))
            .startLimits(Duration.ofMinutes(2), Duration.ofMinutes(2))
            .stopGrace(Duration.ofMillis(200));
    try (Transport unused = Transport.create(TlsProvider.preferred())) {
      for (String plugin : new String[] {Scene.PROVIDER, Scene.INNOCENT, "mallory"}) {
        PluginName name = new PluginName(plugin);
        builder.plugin(
            new PluginDefinition(
                name,
                RawPlugin.VERSION,
                new HandingOut(name, new RawRuntime(unused, played -> {}))));
      }
      try (PluginHost host = builder.start();
          BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
        System.out.println("ready " + host.connections());
        while (in.readLine() != null) {
          Usage now = Usage.now(directory);
          System.out.println(now.heap() + now.direct());
        }
      }
    }
  }

  static Path audit(Path directory) {
    return directory.resolve("audit.jsonl");
  }
}
