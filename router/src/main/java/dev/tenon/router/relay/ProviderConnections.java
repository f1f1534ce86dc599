package dev.tenon.router.relay;

import dev.tenon.router.http2.ErrorCode;
import dev.tenon.router.relay.WireCall.EndedBy;
import dev.tenon.transport.Link;
import dev.tenon.transport.LinkConnector;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The connections from one loop to one provider, and the calls that wait for one. For its loop.
 *
 * <p>One connection carries as many calls as the provider takes; then another is made, up to {@link
 * #MOST}, and then calls wait.
 */
final class ProviderConnections implements LinkConnector {
  /** Most connections from one loop; a provider that takes few calls at once is not flooded. */
  static final int MOST = 4;

  /** Most calls that wait for a connection or for a stream on one. */
  static final int MOST_WAITING = 1_000;

  /** Longest that a call waits there, if its own time is not over before. */
  static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

  private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  private final WireBackend backend;
  private final RelayLoop loop;
  private final List<ProviderConnection> open = new ArrayList<>();
  private final List<ProviderConnection> outgoing = new ArrayList<>();
  private final List<ProviderConnection> leaving = new ArrayList<>();
  private final ArrayDeque<ForwardedCall> waiting = new ArrayDeque<>();
  private boolean isConnecting;
  private boolean isOutdated;
  private Duration pause = Duration.ZERO;
  private long notBefore;
  private boolean isClosed;

  ProviderConnections(WireBackend backend, RelayLoop loop) {
    this.backend = backend;
    this.loop = loop;
  }

  RelayLoop loop() {
    return loop;
  }

  /** Opens the stream of {@code call}, now or when there is room, or refuses it. */
  void open(ForwardedCall call) {
    if (waiting.isEmpty()) {
      for (int i = 0; i < open.size(); i++) {
        if (open.get(i).http2().canOpen()) {
          call.begin(open.get(i));
          return;
        }
      }
    }
    if (isClosed || !connectIfNeeded()) {
      call.unreachable(EndedBy.CONNECTION);
      return;
    }
    if (waiting.size() >= MOST_WAITING) {
      call.unreachable(EndedBy.OUR_SIDE); // That so many call says nothing of the provider.
      return;
    }
    call.waits();
    waiting.add(call);
  }

  /** Returns false if no connection is there or can be made now. */
  private boolean connectIfNeeded() {
    if (isConnecting || open.size() >= MOST) {
      return true;
    }
    if (!pause.isZero() && System.nanoTime() - notBefore < 0) {
      return !open.isEmpty();
    }
    isConnecting = true;
    isOutdated = false;
    backend.connect(loop.loop(), this);
    return true;
  }

  /** Connects, if there is no connection yet. */
  void warm() {
    if (!isClosed && open.isEmpty()) {
      boolean unused = connectIfNeeded();
    }
  }

  /** Lets the next call try to connect at once. */
  void connectSoon() {
    pause = Duration.ZERO;
  }

  void forget(ForwardedCall call) {
    waiting.remove(call);
  }

  @Override
  public Link.Receiver connected(Link link) {
    isConnecting = false;
    ProviderConnection connection = new ProviderConnection(this, link, backend.serverName());
    if (isClosed) {
      link.abort();
    } else if (isOutdated) { // It began with what has been succeeded meanwhile.
      link.abort();
      boolean unused = connectIfNeeded();
    } else {
      open.add(connection);
    }
    return connection.http2();
  }

  @Override
  public void failed(Throwable cause) {
    isConnecting = false;
    backend.failed(cause);
    pauseLonger();
    failWaiting();
  }

  private void pauseLonger() {
    Duration longer = pause.isZero() ? FIRST_PAUSE : pause.multipliedBy(2);
    pause = longer.compareTo(LONGEST_PAUSE) < 0 ? longer : LONGEST_PAUSE;
    notBefore = System.nanoTime() + pause.toNanos();
  }

  private void failWaiting() {
    if (open.isEmpty()) {
      List<ForwardedCall> all = List.copyOf(waiting);
      waiting.clear();
      all.forEach(call -> call.unreachable(EndedBy.CONNECTION));
    }
  }

  /** The connection takes one more stream, or its first. */
  void roomMade(ProviderConnection connection) {
    if (connection.hadRoom()) {
      pause = Duration.ZERO;
    }
    while (!waiting.isEmpty() && connection.http2().canOpen()) {
      waiting.remove().begin(connection);
    }
  }

  /**
   * The connection takes no new streams any more. If it never took one, it was as good as none:
   * otherwise calls that wait would have us connect again and again.
   */
  void left(ProviderConnection connection) {
    if (connection.http2().isOver()) {
      outgoing.remove(connection);
      leaving.remove(connection);
    }
    if (!open.remove(connection) || isClosed) {
      return;
    }
    if (!connection.http2().isOver()) {
      leaving.add(connection);
    }
    if (!connection.hadRoom()) {
      pauseLonger();
    }
    if (open.isEmpty() && !waiting.isEmpty() && !connectIfNeeded()) {
      failWaiting();
    }
  }

  void broken(ErrorCode code, String what) {
    backend.broken(code, what);
  }

  /** Has new calls go over new connections; those that are open end with their calls. */
  void renew() {
    isOutdated = isConnecting;
    List<ProviderConnection> all = List.copyOf(open);
    open.clear();
    outgoing.addAll(all);
    all.forEach(connection -> connection.http2().retire());
    if (!all.isEmpty()) {
      warm();
    }
  }

  /** Ends the connections that others have replaced, with the calls on them. */
  void endOutgoing() {
    List<ProviderConnection> all = List.copyOf(outgoing);
    outgoing.clear();
    all.forEach(connection -> connection.http2().link().abort());
  }

  /** Ends all connections, with the calls on them. */
  void close() {
    isClosed = true;
    endOutgoing();
    List<ProviderConnection> all = new ArrayList<>(open);
    all.addAll(leaving);
    open.clear();
    leaving.clear();
    all.forEach(connection -> connection.http2().link().abort());
    failWaiting();
  }
}
