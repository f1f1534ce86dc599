package dev.tenon.transport;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.grpc.Attributes;
import io.netty.channel.Channel;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;

/** An accepted connection, as its host can end it, whoever speaks HTTP/2 on it. Thread-safe. */
public final class Connection {
  /** Where the connection is found among its own attributes and those of its calls. */
  public static final Attributes.Key<Connection> KEY =
      Attributes.Key.create("dev.tenon.connection");

  private static final RareLog LOG = RareLog.of(Connection.class);

  /*
   * `side` is asked on the event loop alone. What a call writes before `close` is called is in
   * grpc-java's queue, which a task of the same loop empties. If that task is just at its end it does
   * not see the write, and puts another task behind the one that `close` made: so `close` goes to the
   * end of the line once more, and what was written is on its way before the end. What the peer has no
   * room for yet waits in Netty's queue with its stream open on our side; so the end comes when no
   * stream is, or when the peer has had its time.
   */
  private final Channel channel;
  private final Http2Side side;
  private final Doorkeeper doorkeeper;
  private volatile boolean ready;
  private volatile Duration lastWords = Transport.Patience.DEFAULT.lastWords();
  private final List<X509Certificate> ownChain;
  private volatile List<X509Certificate> peerChain = List.of();

  private Connection(
      Channel channel, Http2Side side, Doorkeeper doorkeeper, List<X509Certificate> ownChain) {
    this.channel = channel;
    this.side = side;
    this.doorkeeper = doorkeeper;
    this.ownChain = ownChain;
  }

  /**
   * Makes the connection of {@code channel}, which {@code doorkeeper} let in, on its event loop,
   * before anything was read.
   */
  static Connection accepted(
      Channel channel, Http2Side side, Doorkeeper doorkeeper, List<X509Certificate> ownChain) {
    Connection connection = new Connection(channel, side, doorkeeper, ownChain);
    channel.closeFuture().addListener(closed -> connection.closed());
    return connection;
  }

  private void closed() {
    if (!ready) {
      LOG.warn("a connection ended before its handshake did");
    }
  }

  /**
   * Notes the end of the handshake: TLS is done, and the client's SETTINGS have come. From here the
   * client has as long as {@code patience} says to acknowledge ours.
   */
  void ready(Transport.Patience patience) {
    ready = true;
    lastWords = patience.lastWords();
    doorkeeper.ready(channel);
    Future<?> expiry =
        channel
            .eventLoop()
            .schedule(this::requireAgreement, patience.settings().toMillis(), MILLISECONDS);
    channel.closeFuture().addListener(closed -> expiry.cancel(/* mayInterruptIfRunning= */ false));
  }

  /** Notes the chain, leaf first, that the client proved itself with. */
  void proved(List<X509Certificate> chain) {
    peerChain = List.copyOf(chain);
  }

  /** Returns the chain, leaf first, that this side proved itself with in the handshake. */
  public List<X509Certificate> ownChain() {
    return ownChain;
  }

  /** Returns the chain, leaf first, that the client proved itself with; empty without one. */
  public List<X509Certificate> peerChain() {
    return peerChain;
  }

  private void requireAgreement() {
    if (!side.isAgreed()) {
      LOG.warn("closed a connection whose client did not acknowledge SETTINGS");
      abort();
    }
  }

  /**
   * Ends the connection: no new stream is taken, what calls have written before is sent, and calls
   * that end right now end in order; then nothing more is sent or read, and the peer may end its
   * side. Streams that are open after 250 ms are lost, and a peer that does not read, or does not
   * end, is not waited for longer. Returns at once; idempotent.
   */
  public void close() {
    execute(() -> execute(this::sayGoodbye));
  }

  private void sayGoodbye() {
    if (side.sayGoodbye()) {
      var unused = channel.eventLoop().schedule(this::abort, lastWords.toMillis(), MILLISECONDS);
    } else {
      abort();
    }
  }

  /**
   * Asks the client to make another connection for what it begins from now on; what is open runs on
   * here (RFC 9113, section 6.8). Returns at once; idempotent.
   */
  public void retire() {
    execute(side::retire);
  }

  /** Ends the connection as {@link #close} does, in {@code delay} from now. Returns at once. */
  public void closeAfter(Duration delay) {
    execute(
        () -> {
          Future<?> end = channel.eventLoop().schedule(this::close, delay.toMillis(), MILLISECONDS);
          channel
              .closeFuture()
              .addListener(closed -> end.cancel(/* mayInterruptIfRunning= */ false));
        });
  }

  /** Ends the connection without a word. Returns at once; idempotent. */
  public void closeNow() {
    execute(this::abort);
  }

  /** Returns the channel below, for tests. */
  Channel channel() {
    return channel;
  }

  private void abort() {
    channel.unsafe().close(channel.unsafe().voidPromise());
  }

  private void execute(Runnable task) {
    try {
      channel.eventLoop().execute(task);
    } catch (RejectedExecutionException e) {
      // The event loops have ended, and all connections with them.
    }
  }
}
