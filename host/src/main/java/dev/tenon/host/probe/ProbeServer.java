package dev.tenon.host.probe;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tenon.transport.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Tells processes of this machine over HTTP whether the host lives ({@code /healthz}) and whether
 * it is ready ({@code /readyz}). In clear and without a credential, and therefore on a loopback
 * address alone, and nothing else is told. Thread-safe.
 */
public final class ProbeServer implements AutoCloseable {
  private static final String LIVES = "/healthz";
  private static final String IS_READY = "/readyz";

  /** Connections that the system keeps for us to take. */
  private static final int BACKLOG = 64;

  /** No body follows (see {@link HttpExchange#sendResponseHeaders}). */
  private static final int NO_BODY = -1;

  private final HttpServer server;
  private final Exchanges exchanges;
  private final Endpoint.Tcp address;
  private volatile Readiness readiness = Readiness.NOT_READY;

  private ProbeServer(HttpServer server, Exchanges exchanges, Endpoint.Tcp address) {
    this.server = server;
    this.exchanges = exchanges;
    this.address = address;
  }

  /**
   * Parses {@code tcp:ADDRESS:PORT}, where the address is a loopback one.
   *
   * @throws IllegalArgumentException if it is anything else: a name too, which others may resolve
   */
  public static Endpoint.Tcp address(String text) {
    if (Endpoint.parse(text) instanceof Endpoint.Tcp tcp && isLoopback(tcp.host())) {
      return tcp;
    }
    throw new IllegalArgumentException(
        "probes: " + text + " (expected: tcp:127.0.0.1:PORT or tcp:[::1]:PORT: they are in clear)");
  }

  private static boolean isLoopback(String host) {
    boolean isNumeric = host.indexOf(':') >= 0 || host.matches("[0-9.]+");
    return isNumeric && new InetSocketAddress(host, 0).getAddress().isLoopbackAddress();
  }

  /**
   * Starts to answer at {@code address}: as not ready, until {@link #say} says otherwise.
   *
   * @throws IOException if the port is not to be had
   */
  public static ProbeServer open(Endpoint.Tcp address) throws IOException {
    return open(address, new Exchanges(Exchanges.MOST, Exchanges.LONGEST));
  }

  static ProbeServer open(Endpoint.Tcp address, Exchanges exchanges) throws IOException {
    HttpServer server;
    try {
      server =
          HttpServer.create(
              new InetSocketAddress(InetAddress.getByName(address.host()), address.port()),
              BACKLOG);
    } catch (IOException e) {
      exchanges.close();
      throw new IOException("probes: " + address + ": " + e.getMessage(), e);
    }
    Endpoint.Tcp bound = new Endpoint.Tcp(address.host(), server.getAddress().getPort());
    ProbeServer probes = new ProbeServer(server, exchanges, bound);
    server.createContext("/", probes::answer);
    server.setExecutor(exchanges);
    // The server's own thread is a daemon if that which starts it is.
    CompletableFuture.runAsync(server::start, exchanges).join();
    return probes;
  }

  /** Returns where it listens, with the port that the system chose if it was to. */
  public Endpoint.Tcp address() {
    return address;
  }

  /** Sets what is answered at {@code /readyz} from now on. */
  public void say(Readiness now) {
    readiness = requireNonNull(now, "now");
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      Answer answer =
          answer(exchange.getRequestMethod(), exchange.getRequestURI().getPath(), readiness);
      exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=us-ascii");
      exchange.getResponseHeaders().set("Cache-Control", "no-store");
      exchange.getResponseHeaders().set("Connection", "close");
      if (answer.status() == 405) {
        exchange.getResponseHeaders().set("Allow", "GET, HEAD"); // RFC 9110, section 15.5.6
      }
      if (exchange.getRequestMethod().equals("HEAD")) {
        exchange.sendResponseHeaders(answer.status(), NO_BODY);
      } else {
        byte[] text = answer.text().getBytes(US_ASCII);
        exchange.sendResponseHeaders(answer.status(), text.length);
        exchange.getResponseBody().write(text);
      }
    }
  }

  /** A status (RFC 9110, section 15) and a text for people. */
  private record Answer(int status, String text) {}

  private static Answer answer(String method, @Nullable String path, Readiness readiness) {
    if (!LIVES.equals(path) && !IS_READY.equals(path)) {
      return new Answer(404, "not found");
    }
    if (!method.equals("GET") && !method.equals("HEAD")) {
      return new Answer(405, "not allowed");
    }
    if (LIVES.equals(path)) {
      return new Answer(200, "ok");
    }
    return switch (readiness) {
      case READY -> new Answer(200, "ready");
      case NOT_READY -> new Answer(503, "not ready");
    };
  }

  /** Ends it, with the connections that are open. */
  @Override
  public void close() {
    readiness = Readiness.NOT_READY;
    server.stop(0);
    exchanges.close();
  }
}
