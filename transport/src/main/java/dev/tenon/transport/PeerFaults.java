package dev.tenon.transport;

import io.netty.handler.codec.http2.Http2Exception;
import java.util.List;
import java.util.logging.Filter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Keeps peers from filling the log through grpc-java, which writes a stack trace for every
 * connection and some requests that a peer breaks, with bytes that the peer chose. In their place
 * stands a line now and then ({@link RareLog}), without either. Thread-safe.
 *
 * <p>The only class that knows java.util.logging: grpc-java logs there, and gives no other way to
 * these lines. With a level below INFO it still tells all.
 */
final class PeerFaults implements Filter {
  private static final RareLog LOG = RareLog.of(PeerFaults.class);

  /** Held for good: the platform forgets loggers that nobody holds, and their filters with them. */
  private static final List<Logger> LOGGERS =
      Stream.of(
              "io.grpc.netty.NettyServerTransport.connections",
              "io.grpc.netty.NettyServerHandler",
              "io.grpc.netty.NettyServerStream")
          .map(Logger::getLogger)
          .toList();

  private final @Nullable Filter before;

  private PeerFaults(@Nullable Filter before) {
    this.before = before;
  }

  /** Puts the filter before what grpc-java logs in this JVM. Idempotent. */
  static synchronized void quieten() {
    for (Logger logger : LOGGERS) {
      if (!(logger.getFilter() instanceof PeerFaults)) {
        logger.setFilter(new PeerFaults(logger.getFilter()));
      }
    }
  }

  @Override
  public boolean isLoggable(LogRecord record) {
    Throwable thrown = record.getThrown();
    if (thrown == null || record.getLevel().intValue() < Level.INFO.intValue()) {
      return before == null || before.isLoggable(record);
    }
    LOG.warn("a peer broke its connection or its request: " + kind(thrown));
    return false;
  }

  private static String kind(Throwable thrown) {
    String name = thrown.getClass().getSimpleName();
    return thrown instanceof Http2Exception http2 ? name + " " + http2.error() : name;
  }
}
