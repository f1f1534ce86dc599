package dev.tenon.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Filter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What grpc-java would tell about peers that break things. */
final class PeerFaultsTest {
  private static final Logger OF_GRPC =
      Logger.getLogger("io.grpc.netty.NettyServerTransport.connections");

  private final Lines lines = new Lines();
  private final @Nullable Filter before = OF_GRPC.getFilter();

  @BeforeEach
  void listen() {
    OF_GRPC.setFilter(null);
    Logger.getLogger("").addHandler(lines);
    PeerFaults.quieten();
    PeerFaults.quieten();
  }

  @AfterEach
  void stopListening() {
    Logger.getLogger("").removeHandler(lines);
    OF_GRPC.setFilter(before);
  }

  /** A thousand broken connections are a line or two, without a trace or a byte of the peer's. */
  @Test
  void log_manyFaultsOfPeers_fewLinesWithoutTraceOrBytes() {
    Exception fault =
        Http2Exception.connectionError(Http2Error.PROTOCOL_ERROR, "bytes: tnr_secret");
    for (int i = 0; i < 1_000; i++) {
      OF_GRPC.log(Level.INFO, "Transport failed", fault);
    }

    assertThat(lines.records)
        .hasSizeBetween(1, 30)
        .allSatisfy(record -> assertThat(record.getThrown()).isNull())
        .allSatisfy(record -> assertThat(text(record)).doesNotContain("secret"));
    assertThat(text(lines.records.get(0))).contains("Http2Exception PROTOCOL_ERROR");
  }

  private static String text(LogRecord record) {
    return record.getMessage() + List.of(record.getParameters());
  }

  @Test
  void log_lineWithoutFault_written() {
    OF_GRPC.log(Level.WARNING, "something else");

    assertThat(lines.records).extracting(LogRecord::getMessage).containsExactly("something else");
  }

  private static final class Lines extends Handler {
    private final List<LogRecord> records = new CopyOnWriteArrayList<>();

    @Override
    public void publish(LogRecord record) {
      records.add(record);
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
