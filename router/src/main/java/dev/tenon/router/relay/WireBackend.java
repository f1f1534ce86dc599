package dev.tenon.router.relay;

import static java.util.Objects.requireNonNull;

import dev.tenon.router.http2.ErrorCode;
import dev.tenon.transport.ClientTls;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.LinkConnector;
import dev.tenon.transport.Loop;
import dev.tenon.transport.Transport;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The connections to one provider, on all loops. Thread-safe.
 *
 * <p>Callers share them: what a caller does not read waits in its own stream's window, and stops no
 * other (see {@code router/RATIONALE.md}).
 */
public final class WireBackend {
  private static final System.Logger LOG = System.getLogger(WireBackend.class.getName());

  private final Dial dial;
  private final Supplier<List<Loop>> all;
  private final String to;
  private final String serverName;
  private final RelayLoops loops;
  private final ConcurrentMap<Loop, ProviderConnections> byLoop = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /**
   * Makes the connections to {@code to}; none is there until {@link #warm} or the first call.
   *
   * @param serverUid as for {@link Transport#connect}
   * @param loops those of the fronts whose calls go there
   */
  public WireBackend(
      Transport transport, Endpoint to, ClientTls tls, OptionalInt serverUid, RelayLoops loops) {
    this(
        (loop, connector) -> transport.connect(to, tls, serverUid, loop, connector),
        transport::loops,
        to.toString(),
        tls.serverName(),
        loops);
  }

  WireBackend(Dial dial, Supplier<List<Loop>> all, String to, String serverName, RelayLoops loops) {
    this.dial = dial;
    this.all = all;
    this.to = to;
    this.serverName = serverName;
    this.loops = requireNonNull(loops, "loops");
  }

  /** Makes a link to the provider, as {@link Transport#connect} does. */
  @FunctionalInterface
  interface Dial {
    void connect(Loop loop, LinkConnector connector);
  }

  /** Connects on every loop now, so that the first calls wait for no handshake. Returns at once. */
  public void warm() {
    for (Loop loop : all.get()) {
      RelayLoop own = loops.of(loop);
      loop.execute(() -> on(own).warm());
    }
  }

  /**
   * Makes the connections anew, with the credentials of that moment: new calls go over new ones,
   * calls in flight run on over the old ones, which end with them. Returns at once.
   */
  public void renew() {
    onEach(ProviderConnections::renew);
  }

  /** Ends the connections that others have replaced, with the calls on them. Idempotent. */
  public void endOutgoing() {
    onEach(ProviderConnections::endOutgoing);
  }

  /** Lets connections that could not be made be tried again with the next call. */
  public void connectSoon() {
    onEach(ProviderConnections::connectSoon);
  }

  /** Ends all connections, with the calls on them; calls find none any more. Idempotent. */
  public void close() {
    closed = true;
    onEach(ProviderConnections::close);
  }

  private void onEach(Consumer<ProviderConnections> step) {
    byLoop.forEach((loop, connections) -> loop.execute(() -> step.accept(connections)));
  }

  /** Returns the connections from {@code loop}, on which the caller is. */
  ProviderConnections on(RelayLoop loop) {
    ProviderConnections known = byLoop.get(loop.loop());
    if (known == null) {
      known = new ProviderConnections(this, loop);
      byLoop.put(loop.loop(), known);
      if (closed) { // Set before `close` looks at them, so that one of the two ends these.
        known.close();
      }
    }
    return known;
  }

  void connect(Loop loop, LinkConnector connector) {
    dial.connect(loop, connector);
  }

  String serverName() {
    return serverName;
  }

  void failed(Throwable cause) {
    LOG.log(System.Logger.Level.DEBUG, () -> "no connection to " + to + ": " + cause);
  }

  void broken(ErrorCode code, String what) {
    LOG.log(System.Logger.Level.DEBUG, () -> to + " broke HTTP/2: " + code + " " + what);
  }
}
