package dev.tenon.bench.endtoend;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;

/** Ways in one setting, up at once. One thread uses it; closing it ends them all. */
final class Contenders implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(60);

  private final Path folder;
  private final Path program;
  private final Path templates;
  private final Setting setting;
  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private final List<Contender> all = new ArrayList<>();

  /**
   * @param folder a private folder
   * @param program the C program
   * @param templates the folder of the proxies' configurations
   */
  Contenders(Path folder, Path program, Path templates, Setting setting) {
    this.folder = requireNonNull(folder, "folder");
    this.program = requireNonNull(program, "program");
    this.templates = requireNonNull(templates, "templates");
    this.setting = requireNonNull(setting, "setting");
  }

  /** Starts those of {@code ways}; on failure, closing still ends those that were started. */
  void start(Set<Way> ways) throws IOException, InterruptedException {
    Path others = folder.resolve("others");
    if (ways.stream().anyMatch(way -> !way.isJvm())) {
      startOthers(ways, others, BenchAuthority.create(others));
    }
    if (ways.contains(Way.RELAY)) {
      all.add(keep(RelaySetUp.start(folder.resolve("relay"), program, setting)).contender());
    }
    for (Way way : ways) {
      if (way == Way.PLUGIN_SERVER || way == Way.PLUGIN_SERVER_AGAIN) {
        all.add(keep(JvmSetUp.pluginServer(folder.resolve(way.name()), setting, way)).contender());
      }
    }
    if (ways.contains(Way.TENON) || ways.contains(Way.DIRECT_MODE)) {
      Path home = folder.resolve("tenon");
      all.add(keep(TenonSetUp.start(home, program, setting, HostJvm.usual())).contender());
    }
  }

  private void startOthers(Set<Way> ways, Path others, Access access)
      throws IOException, InterruptedException {
    Path socket = others.resolve("backend");
    Program backend =
        keep(
            Program.start(
                "backend",
                others,
                Backend.command(
                    program, access, List.of("tcp:127.0.0.1:0", "unix:" + socket), setting)));
    String address = backend.line(START);
    backend.await("listening", START);
    for (Way way : ways) {
      switch (way) {
        case DIRECT, DIRECT_AGAIN ->
            all.add(new Contender(setting, way, backend.pid(), address, access));
        case NGINX ->
            proxy(
                way,
                config(
                    isPlain() ? "nginx-plain.conf" : "nginx.conf",
                    others,
                    at("unix:" + socket, address)),
                access,
                List.of(
                    Tools.program("nginx"), "-e", others + "/nginx.log", "-p", others + "/", "-c"));
        case HAPROXY, SPLICE ->
            proxy(
                way,
                config(
                    isPlain()
                        ? "haproxy-h2-plain.cfg"
                        : way == Way.HAPROXY ? "haproxy-h2.cfg" : "haproxy-splice.cfg",
                    others,
                    at("unix@" + socket, address)),
                access,
                List.of(Tools.program("haproxy"), "-db", "-f"));
        case PLAIN_RELAY ->
            all.add(
                keep(JvmSetUp.plainRelay(folder.resolve("plain"), setting, address)).contender());
        case TENON, RELAY, PLUGIN_SERVER, PLUGIN_SERVER_AGAIN, DIRECT_MODE -> {} // Not its callers.
      }
    }
  }

  private boolean isPlain() {
    return setting == Setting.PLAIN;
  }

  /** Returns where the backend is for a proxy, which has a word of its own for {@code socket}. */
  private String at(String socket, String address) {
    return switch (setting) {
      case TCP, PLUGINS, PLAIN -> address.substring("tcp:".length());
      case UNIX -> socket;
    };
  }

  private ProxyConfig config(String template, Path others, String backend) throws IOException {
    return ProxyConfig.fill(templates.resolve(template), others, backend);
  }

  private void proxy(Way way, ProxyConfig config, Access access, List<String> command)
      throws IOException, InterruptedException {
    List<String> whole = new ArrayList<>(command);
    whole.add(config.file().toString());
    Program proxy = keep(Program.start(way.name(), access.folder(), Cores.PROXY.pinned(whole)));
    awaitListening(proxy, config.port());
    all.add(new Contender(setting, way, proxy.pid(), config.address(), access));
  }

  /** They print nothing when they are ready, so they are tried. */
  private static void awaitListening(Program proxy, int port)
      throws IOException, InterruptedException {
    long limit = System.nanoTime() + START.toNanos();
    while (true) {
      try {
        new Socket(InetAddress.getLoopbackAddress(), port).close();
        return;
      } catch (IOException e) {
        if (System.nanoTime() - limit > 0 || proxy.hasEndedWithin(Duration.ofMillis(20))) {
          throw new IOException("port " + port + ": nobody listens" + proxy.lastWords(), e);
        }
      }
    }
  }

  private <T extends AutoCloseable> T keep(T one) {
    started.push(one);
    return one;
  }

  List<Contender> all() {
    return List.copyOf(all);
  }

  @Override
  public void close() throws IOException {
    IOException failed = new IOException("not everything ended");
    while (!started.isEmpty()) {
      try {
        started.pop().close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (Exception e) {
        failed.addSuppressed(e);
      }
    }
    if (failed.getSuppressed().length > 0) {
      throw failed;
    }
  }
}
