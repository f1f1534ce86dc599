package dev.tenon.testing;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A TCP proxy on the loopback interface that makes a network bad: slow, narrow, silent, or cut.
 * Thread-safe.
 *
 * <pre>{@code
 * try (FaultProxy proxy = FaultProxy.to(port)) {
 *   // ... connect to 127.0.0.1:proxy.port() ...
 *   proxy.delay(Duration.ofMillis(200)); // each way
 *   proxy.halfOpen();                    // connections stay, and nothing comes through
 *   proxy.heal();                        // as good as new
 *   proxy.cut();                         // all connections end with RST
 * }
 * }</pre>
 *
 * <p>A fault holds for the connections there are and for those to come, until {@link #heal}. Each
 * connection holds at most 512 KiB, whatever its ends do.
 */
public final class FaultProxy implements AutoCloseable {
  private static final int MAX_LINKS = 256;

  private final ServerSocket listener;
  private final InetSocketAddress target;
  private final Weather weather = new Weather();
  private final List<Link> links = new CopyOnWriteArrayList<>();
  private final AtomicInteger accepted = new AtomicInteger();

  private FaultProxy(ServerSocket listener, InetSocketAddress target) {
    this.listener = listener;
    this.target = target;
  }

  /**
   * Starts a proxy, without a fault, to {@code port} on the loopback interface.
   *
   * @throws IllegalArgumentException if {@code port} is not 1 to 65535
   * @throws IOException if the system has no port left
   */
  public static FaultProxy to(int port) throws IOException {
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException("port: " + port + " (expected: 1 to 65535)");
    }
    InetAddress loopback = InetAddress.getLoopbackAddress();
    FaultProxy proxy =
        new FaultProxy(new ServerSocket(0, 50, loopback), new InetSocketAddress(loopback, port));
    Link.daemon("tenon-proxy-accept", proxy::acceptAll).start();
    return proxy;
  }

  /** Returns where the proxy listens. */
  public int port() {
    return listener.getLocalPort();
  }

  /** Returns how many connections were accepted so far. */
  public int accepted() {
    return accepted.get();
  }

  /**
   * Lets everything arrive later, each way, in order.
   *
   * @throws IllegalArgumentException if {@code delay} is negative
   */
  public void delay(Duration delay) {
    if (requireNonNull(delay, "delay").isNegative()) {
      throw new IllegalArgumentException("delay: " + delay + " (expected: >= 0)");
    }
    weather.delay(delay);
  }

  /**
   * Lets at most so many bytes a second through, each way of each connection.
   *
   * @throws IllegalArgumentException if {@code bytesPerSecond} is not positive
   */
  public void throttle(long bytesPerSecond) {
    if (bytesPerSecond <= 0) {
      throw new IllegalArgumentException("throttle: " + bytesPerSecond + " (expected: > 0)");
    }
    weather.throttle(bytesPerSecond);
  }

  /** Keeps connections open, accepts others, and lets nothing through, not even their end. */
  public void halfOpen() {
    weather.silence();
  }

  /** Ends all connections there are with RST. Others can be made at once. */
  public void cut() {
    // Not clear(): a link that comes meanwhile stays, for the cut at the end of acceptAll.
    List<Link> present = List.copyOf(links);
    present.forEach(Link::reset);
    links.removeAll(present);
  }

  /** Ends every fault; what was held back goes through. */
  public void heal() {
    weather.clear();
  }

  private void acceptAll() {
    try {
      while (true) {
        Socket client = listener.accept();
        accepted.incrementAndGet();
        links.removeIf(Link::isOver);
        if (links.size() >= MAX_LINKS) {
          client.close();
          continue;
        }
        Link link = new Link(client, target, weather);
        links.add(link);
        link.start();
      }
    } catch (IOException e) {
      // Closed: that is how the proxy ends.
      cut();
    }
  }

  /** Ends the proxy, its connections and its threads. */
  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    cut();
  }
}
