package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.tenon.core.ConnectionLimits;
import dev.tenon.transport.Endpoint;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** More connections than there may be: each is closed, counted, and on record. */
class ConnectionCapTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int MANY = 4096;
  private static final int FEW = 4;
  private static final int FLOOD = 200;

  /** A cap that connections reach on which nothing is said. */
  enum Cap {
    IN_TOTAL("too many connections", FEW, MANY, MANY),
    OF_SOURCE("too many connections of a source", MANY, FEW, MANY),
    HANDSHAKES("too many handshakes", MANY, MANY, FEW);

    private final String reason;
    private final int inTotal;
    private final int perSource;
    private final int handshakes;

    Cap(String reason, int inTotal, int perSource, int handshakes) {
      this.reason = reason;
      this.inTotal = inTotal;
      this.perSource = perSource;
      this.handshakes = handshakes;
    }

    ConnectionLimits limits() {
      return new ConnectionLimits(inTotal, perSource, MANY, handshakes, 100, Duration.ofHours(1));
    }
  }

  private static TestHost start(ConnectionLimits limits) throws Exception {
    return TestHost.with("")
        .set(builder -> builder.limits(Generous.LIMITS.with(limits)))
        .enrolled("alpha")
        .start();
  }

  private static long refused(TestHost host, String reason) {
    return host.host().connections().refused().getOrDefault(reason, 0L);
  }

  /** Returns those records of the ended {@code host} that refuse connections for {@code reason}. */
  private static List<JsonObject> recordsAfterTheEnd(TestHost host, String reason)
      throws IOException {
    host.host().close();
    return Files.readAllLines(host.directory().resolve("audit.jsonl")).stream()
        .map(line -> JsonParser.parseString(line).getAsJsonObject())
        .filter(record -> record.get("event").getAsString().equals("connection"))
        .filter(
            record -> record.getAsJsonObject("details").get("reason").getAsString().equals(reason))
        .toList();
  }

  private static long connections(JsonObject record) {
    JsonObject details = record.getAsJsonObject("details");
    return details.has("count") ? details.get("count").getAsLong() : 1;
  }

  private static String field(JsonObject record, String name) {
    return record.get(name).getAsString();
  }

  /** Their exact number, in a record or two for each minute that it took. Row: DS-8. */
  @ParameterizedTest
  @EnumSource
  void connect_floodOverACap_closedCountedAndAFewRecords(Cap cap) throws Exception {
    List<SocketChannel> sockets = new ArrayList<>();
    try (TestHost host = start(cap.limits())) {
      Endpoint.Unix data = (Endpoint.Unix) host.plugin("alpha").bootstrap.data();
      long begun = System.nanoTime();
      for (int i = 0; i < FLOOD; i++) {
        sockets.add(SocketChannel.open(UnixDomainSocketAddress.of(data.path())));
      }
      await().atMost(SOON).until(() -> refused(host, cap.reason) > 1);
      host.plugin("alpha").healthy(); // over control, which has caps of its own

      List<JsonObject> records = recordsAfterTheEnd(host, cap.reason);

      long minutes = 1 + Duration.ofNanos(System.nanoTime() - begun).toMinutes();
      assertThat(records).hasSizeBetween(2, 2 * (int) minutes + 2);
      assertThat(records.stream().mapToLong(ConnectionCapTest::connections).sum())
          .isEqualTo(refused(host, cap.reason))
          .isLessThanOrEqualTo(host.host().connections().overLimits());
      assertThat(records)
          .allSatisfy(
              record -> {
                assertThat(field(record, "resource")).isEqualTo("data");
                assertThat(field(record, "outcome")).isEqualTo("denied");
                assertThat(record.toString()).contains("\"uid:");
              });
    } finally {
      for (SocketChannel socket : sockets) {
        socket.close();
      }
    }
  }

  /** The record names the run. Row: DS-8. */
  @Test
  void connect_moreThanARunMay_closedAndOnRecordByName() throws Exception {
    ConnectionLimits two = new ConnectionLimits(MANY, MANY, 2, MANY, 100, Duration.ofHours(1));
    try (TestHost host = start(two)) {
      RawPlugin alpha = host.plugin("alpha");
      String reason = "too many connections of a run";
      for (int i = 0; i < 5; i++) {
        ManagedChannel channel = alpha.connect(alpha.bootstrap.data(), alpha.credentials());
        var unused = channel.getState(/* requestConnection= */ true);
      }
      await().atMost(SOON).until(() -> refused(host, reason) >= 3);

      List<JsonObject> records = recordsAfterTheEnd(host, reason);

      assertThat(field(records.get(0), "actor")).isEqualTo(alpha.runtimeId());
      assertThat(field(records.get(0), "resource")).isEqualTo("data");
      assertThat(records)
          .allSatisfy(record -> assertThat(record.toString()).contains(alpha.runtimeId()));
      assertThat(records.stream().mapToLong(ConnectionCapTest::connections).sum())
          .isEqualTo(refused(host, reason));
    }
  }
}
