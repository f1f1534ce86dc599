package dev.tenon.host.life;

import dev.tenon.auth.policy.Policy;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.HostStartException;
import dev.tenon.host.PluginHost;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A host in a JVM of its own, for tests that kill it; ends in good order when its stdin does. */
final class HostProgram implements AutoCloseable {
  private static final Pattern PID = Pattern.compile("\\d+");

  private final Process process;
  private final BufferedReader out;

  private HostProgram(Process process) {
    this.process = process;
    out = process.inputReader(StandardCharsets.UTF_8);
  }

  /** Runs the host of the home {@code args[0]}: tells its plugins' process ids, or why not. */
  public static void main(String[] args) throws Exception {
    Path home = Path.of(args[0]);
    HostBuilder builder =
        PluginHost.builder()
            .policy(Policy.load(home.resolve("policy.toml")))
            .state(home.resolve("state"))
            .run(home.resolve("run"))
            .startLimits(java.time.Duration.ofSeconds(60), java.time.Duration.ofSeconds(60));
    try (Stream<Path> plugins = Files.list(home.resolve("plugins"))) {
      if (plugins.findAny().isPresent()) {
        builder.plugins(home.resolve("plugins"));
      }
    }
    try (PluginHost host = builder.start()) {
      StringBuilder line = new StringBuilder("READY");
      host.plugins().forEach(plugin -> line.append(' ').append(plugin.pid().getAsLong()));
      System.out.println(line);
      while (System.in.read() >= 0) {
        // The test says nothing.
      }
    } catch (HostStartException e) {
      System.out.println("FAILED");
      System.out.println(e.getMessage());
    }
  }

  /** Starts the program for {@code home}, with {@code environment} added to the test's own. */
  static HostProgram start(TestHome home, Map<String, String> environment) throws IOException {
    Files.writeString(home.root().resolve("policy.toml"), home.policy());
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx128m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            TestHome.classPath(),
            HostProgram.class.getName(),
            home.root().toString());
    builder.environment().putAll(environment);
    return new HostProgram(builder.redirectError(ProcessBuilder.Redirect.DISCARD).start());
  }

  long pid() {
    return process.pid();
  }

  /** Returns the process ids of the plugins once the host has started. */
  List<Long> awaitPlugins() throws IOException {
    String line = out.readLine();
    if (line == null || !line.startsWith("READY")) {
      throw new AssertionError("the host did not start: " + line + "\n" + rest());
    }
    return PID.matcher(line).results().map(pid -> Long.valueOf(pid.group())).toList();
  }

  /** Returns why the host did not start. */
  String awaitRefusal() throws IOException {
    String line = out.readLine();
    if (!"FAILED".equals(line)) {
      throw new AssertionError("the host started: " + line);
    }
    return rest();
  }

  private String rest() {
    return String.join("\n", out.lines().toList());
  }

  /** Ends the host with SIGKILL. */
  void kill() {
    process.destroyForcibly();
  }

  /** Ends the host in good order, and returns when it is gone. */
  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    process.onExit().join();
  }
}
