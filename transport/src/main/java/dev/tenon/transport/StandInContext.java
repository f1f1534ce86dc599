package dev.tenon.transport;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiator;
import io.netty.handler.ssl.SslContext;
import java.util.List;
import java.util.function.Function;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSessionContext;
import org.jspecify.annotations.Nullable;

/**
 * The TLS context that grpc-java is given for all connections of a server or channel, and that has
 * none of its own: an engine is to be had {@linkplain #during during} the beginning of a connection
 * alone, and is that connection's. Thread-safe.
 */
final class StandInContext extends SslContext {
  private final boolean isClient;

  @SuppressWarnings("ThreadLocalUsage") // What begins on one server or channel is not another's.
  private final ThreadLocal<Turn> turns = new ThreadLocal<>();

  /** The beginning of a connection. */
  private static final class Turn {
    private final Function<ByteBufAllocator, SSLEngine> engines;
    private @Nullable SSLEngine engine;

    Turn(Function<ByteBufAllocator, SSLEngine> engines) {
      this.engines = engines;
    }
  }

  StandInContext(boolean isClient) {
    this.isClient = isClient;
  }

  /**
   * Runs {@code event}, and lets it have one engine, by {@code engines}; returns that, or null if
   * none was asked for.
   */
  @Nullable SSLEngine during(Function<ByteBufAllocator, SSLEngine> engines, Runnable event) {
    Turn around = turns.get(); // A connection that fails can make another begin.
    Turn turn = new Turn(engines);
    turns.set(turn);
    try {
      event.run();
    } finally {
      if (around == null) {
        turns.remove();
      } else {
        turns.set(around);
      }
    }
    return turn.engine;
  }

  @Override
  public SSLEngine newEngine(ByteBufAllocator alloc) {
    Turn turn = turns.get();
    if (turn == null || turn.engine != null) {
      throw new IllegalStateException("engine: asked for (expected: once, as a connection begins)");
    }
    SSLEngine engine = turn.engines.apply(alloc);
    turn.engine = engine;
    return engine;
  }

  /** Returns the same: whom a connection is for is known to whoever makes its engine. */
  @Override
  public SSLEngine newEngine(ByteBufAllocator alloc, String peerHost, int peerPort) {
    return newEngine(alloc);
  }

  @Override
  public boolean isClient() {
    return isClient;
  }

  @Override
  public List<String> cipherSuites() {
    return TlsFloor.SUITES;
  }

  // Netty has deprecated its type, and no other way to say this.
  @Override
  @SuppressWarnings("deprecation")
  public ApplicationProtocolNegotiator applicationProtocolNegotiator() {
    return () -> List.of(ApplicationProtocolNames.HTTP_2);
  }

  /** Throws: no session is ever resumed, and none is another connection's. */
  @Override
  public SSLSessionContext sessionContext() {
    throw new UnsupportedOperationException("sessions: none in common");
  }
}
