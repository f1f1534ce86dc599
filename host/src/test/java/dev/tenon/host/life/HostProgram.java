package dev.tenon.host.life;

import static org.awaitility.Awaitility.await;

import dev.tenon.auth.policy.Policy;
import dev.tenon.core.PluginState;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.HostStartException;
import dev.tenon.host.PluginHost;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import io.grpc.StatusRuntimeException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
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
            .required("*")
            .state(home.resolve("state"))
            .run(home.resolve("run"))
            .startLimits(java.time.Duration.ofSeconds(60), java.time.Duration.ofSeconds(60));
    try (Stream<Path> plugins = Files.list(home.resolve("plugins"))) {
      if (plugins.findAny().isPresent()) {
        builder.plugins(home.resolve("plugins"));
      }
    }
    Path listen = home.resolve("listen");
    if (Files.exists(listen)) {
      List<String> planes = Files.readAllLines(listen);
      builder.enrolListen(planes.get(0)).controlListen(planes.get(1)).dataListen(planes.get(2));
    }
    try (PluginHost host = builder.start()) {
      StringBuilder line = new StringBuilder("READY");
      host.plugins().forEach(plugin -> plugin.pid().ifPresent(pid -> line.append(' ').append(pid)));
      System.out.println(line);
      if (Files.exists(listen)) {
        tellWhenHealthy(host);
      }
      BufferedReader in =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      Object[] eaten = {};
      for (String said = in.readLine(); said != null; said = in.readLine()) {
        while (said.equals("eat")) {
          eaten = new Object[] {eaten, new byte[1 << 20]};
        }
        System.out.println("CALL " + call(host));
      }
    } catch (HostStartException e) {
      System.out.println("FAILED");
      System.out.println(e.getMessage());
    }
  }

  /** Calls the plugin that echoes; returns its process id, or the status. */
  private static String call(PluginHost host) {
    try {
      return host.client(EchoGrpc::newBlockingStub).unary(EchoRequest.getDefaultInstance()).getPid()
          + "";
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode().name();
    }
  }

  private static void tellWhenHealthy(PluginHost host) {
    await()
        .forever()
        .until(
            () ->
                host.plugins().stream()
                    .allMatch(plugin -> plugin.state().equals(new PluginState.Healthy())));
    System.out.println("HEALTHY");
  }

  /** Starts the program for {@code home}, with {@code environment} added to the test's own. */
  static HostProgram start(TestHome home, Map<String, String> environment) throws IOException {
    return start(home, environment, "-Xmx128m");
  }

  /** Starts the program as the other method does, in a JVM with {@code option}. */
  static HostProgram start(TestHome home, Map<String, String> environment, String option)
      throws IOException {
    Files.writeString(home.root().resolve("policy.toml"), home.policy());
    ProcessBuilder builder =
        ChildJvm.running(HostProgram.class, List.of(home.root().toString()), option);
    builder.environment().putAll(environment);
    builder.redirectError(home.root().resolve("host-err").toFile());
    return new HostProgram(builder.start());
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

  /** Returns when all plugins are healthy, also those that came later. */
  void awaitHealthy() throws IOException {
    String line = out.readLine();
    if (!"HEALTHY".equals(line)) {
      throw new AssertionError("the plugins are not healthy: " + line);
    }
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

  /** Lets the host call its plugin, now or when it can; {@link #called} tells the outcome. */
  void call() throws IOException {
    process.getOutputStream().write('\n');
    process.getOutputStream().flush();
  }

  /** Returns the outcome of the earliest call of which it was not asked. */
  String called() throws IOException {
    String line = out.readLine();
    if (line == null || !line.startsWith("CALL ")) {
      throw new AssertionError("no outcome of a call: " + line);
    }
    return line.substring("CALL ".length());
  }

  /** Lets the host use up its memory, and returns its exit status. */
  int starve() throws IOException {
    process.getOutputStream().write("eat\n".getBytes(StandardCharsets.US_ASCII));
    process.getOutputStream().flush();
    return process.onExit().join().exitValue();
  }

  /** Returns whether the host runs. */
  boolean isAlive() {
    return process.isAlive();
  }

  /** Ends the host with SIGKILL. */
  void kill() {
    process.destroyForcibly();
  }

  /** Lets the host end in good order; returns at once. */
  void end() throws IOException {
    process.getOutputStream().close();
  }

  /** Ends the host in good order, and returns when it is gone. */
  @Override
  public void close() throws IOException {
    end();
    process.onExit().join();
  }
}
