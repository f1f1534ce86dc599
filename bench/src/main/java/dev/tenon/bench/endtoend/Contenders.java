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

/** All ways, up at once. One thread uses it; closing it ends them all. */
final class Contenders implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(60);

  private final Path folder;
  private final Path program;
  private final Path templates;
  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private final List<Contender> all = new ArrayList<>();

  /**
   * @param folder a private folder
   * @param program the C program
   * @param templates the folder of the proxies' configurations
   */
  Contenders(Path folder, Path program, Path templates) {
    this.folder = requireNonNull(folder, "folder");
    this.program = requireNonNull(program, "program");
    this.templates = requireNonNull(templates, "templates");
  }

  /** Starts them all; on failure, closing still ends those that were started. */
  void start() throws IOException, InterruptedException {
    Path others = folder.resolve("others");
    Access access = BenchAuthority.create(others);
    Path socket = others.resolve("backend");
    direct(access, socket);
    ProxyConfig nginx = config("nginx.conf", others, socket);
    proxy(
        Way.NGINX,
        nginx,
        access,
        List.of(Tools.program("nginx"), "-e", others + "/nginx.log", "-p", others + "/", "-c"));
    for (Way way : List.of(Way.HAPROXY, Way.SPLICE)) {
      String template = way == Way.HAPROXY ? "haproxy-h2.cfg" : "haproxy-splice.cfg";
      proxy(
          way,
          config(template, others, socket),
          access,
          List.of(Tools.program("haproxy"), "-db", "-f"));
    }
    all.add(keep(TenonSetUp.start(folder.resolve("tenon"), program)).contender());
  }

  private ProxyConfig config(String template, Path others, Path socket) throws IOException {
    return ProxyConfig.fill(templates.resolve(template), others, socket);
  }

  private void direct(Access access, Path socket) throws IOException, InterruptedException {
    List<String> addresses = List.of("tcp:127.0.0.1:0", "unix:" + socket);
    Program backend =
        keep(
            Program.start("backend", access.folder(), Backend.command(program, access, addresses)));
    String address = backend.line(START);
    backend.await("listening", START);
    all.add(new Contender(Way.DIRECT, backend.pid(), address, access));
  }

  private void proxy(Way way, ProxyConfig config, Access access, List<String> command)
      throws IOException, InterruptedException {
    List<String> whole = new ArrayList<>(command);
    whole.add(config.file().toString());
    Program proxy = keep(Program.start(way.name(), access.folder(), Cores.PROXY.pinned(whole)));
    awaitListening(proxy, config.port());
    all.add(new Contender(way, proxy.pid(), config.address(), access));
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
