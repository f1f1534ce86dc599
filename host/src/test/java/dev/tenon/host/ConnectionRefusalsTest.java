package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.NotAuthenticatedException.Why;
import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.audit.AuditLog;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.transport.ConnectionCap;
import dev.tenon.transport.Door;
import dev.tenon.transport.HandshakeFault;
import dev.tenon.transport.Source;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConnectionRefusalsTest {
  private static final int FLOOD = 100_000;

  private final TestClock clock = new TestClock();
  private final Notes notes = new Notes();
  private final ConnectionRefusals refusals = new ConnectionRefusals(notes, clock);
  private final Door.Refusals data = refusals.of("data");

  /** Takes notes, and fails whoever would wait for a disk. */
  private static final class Notes implements AuditLog {
    final List<AuditEvent> events = new ArrayList<>();
    boolean isBroken;

    @Override
    public void record(AuditEvent event) {
      throw new AssertionError("waits for the disk (expected: note)");
    }

    @Override
    public void note(AuditEvent event) throws AuditFailedException {
      if (isBroken) {
        throw new AuditFailedException("broken", new IllegalStateException());
      }
      events.add(event);
    }

    @Override
    public void close() {}
  }

  private void flood() {
    for (int i = 0; i < FLOOD; i++) {
      Source source = new Source("ip:192.0.2." + i % 250);
      data.refused(source, HandshakeFault.UNTRUSTED);
    }
  }

  /** One record at once and one with the exact number of the others. Row: HS-11. */
  @Test
  void refused_flood_isTwoRecordsAnInterval() {
    Instant begin = clock.instant();
    flood();
    assertThat(notes.events).hasSize(1);
    assertThat(notes.events.get(0).details())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("reason", "certificate of another authority", "source", "ip:192.0.2.0"));

    clock.advance(Duration.ofSeconds(30));
    refusals.flush();

    assertThat(notes.events).hasSize(2);
    AuditEvent rest = notes.events.get(1);
    assertThat(rest.outcome()).isEqualTo(AuditEvent.Outcome.DENIED);
    assertThat(rest.resource()).isEqualTo("data");
    assertThat(rest.details())
        .containsEntry("count", String.valueOf(FLOOD - 1))
        .containsEntry("since", begin.toString());
    assertThat(String.valueOf(rest.details().get("sources")).split(" ", -1))
        .hasSize(ConnectionRefusals.MOST_SOURCES);
    assertThat(refusals.totals())
        .isEqualTo(Map.of("certificate of another authority", (long) FLOOD));
  }

  @Test
  void flush_nothingWasOnlyCounted_writesNothing() {
    data.refused(Source.UNKNOWN, HandshakeFault.BROKEN);
    refusals.flush();
    refusals.flush();

    assertThat(notes.events).hasSize(1);
  }

  /** An interval later the first is told at once again. */
  @Test
  void refused_afterAnInterval_isARecordAgain() {
    data.refused(Source.UNKNOWN, HandshakeFault.BROKEN);
    refusals.flush();
    data.refused(Source.UNKNOWN, HandshakeFault.BROKEN);

    assertThat(notes.events).hasSize(2);
  }

  /** Every listener and every reason has records of its own. */
  @Test
  void refused_otherPlaneOrReason_isARecordOfItsOwn() {
    RuntimeId run = new RuntimeId("words-0123456789abcdef");
    data.refused(Source.UNKNOWN, HandshakeFault.BROKEN);
    refusals.of("control").refused(Source.UNKNOWN, HandshakeFault.BROKEN);
    refusals.of("control").refused(Source.UNKNOWN, HandshakeFault.SELF_SIGNED);
    refusals.refused(Optional.of(run), Why.REVOKED, Source.UNKNOWN);

    assertThat(notes.events)
        .extracting(
            event -> event.actor() + " " + event.resource() + " " + event.details().get("reason"))
        .containsExactly(
            "null data broken handshake",
            "null control broken handshake",
            "null control self-signed certificate",
            run + " null revoked");
  }

  /** A cap that is reached a hundred thousand times is two records, which say whose. Row: DS-8. */
  @Test
  void overCap_flood_isTwoRecordsThatNameTheRuns() {
    RuntimeId words = new RuntimeId("words-0123456789abcdef");
    RuntimeId sums = new RuntimeId("sums-0123456789abcdef");
    Source source = new Source("uid:1000");
    for (int i = 0; i < FLOOD; i++) {
      data.overCap(source, Optional.of(idOf(i % 2 == 0 ? words : sums)), ConnectionCap.OF_RUN);
    }
    refusals.flush();

    assertThat(notes.events).hasSize(2);
    AuditEvent first = notes.events.get(0);
    assertThat(first.outcome()).isEqualTo(AuditEvent.Outcome.DENIED);
    assertThat(first.actor()).isEqualTo(words.value());
    assertThat(first.resource()).isEqualTo("data");
    assertThat(first.details())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("reason", "too many connections of a run", "source", "uid:1000"));
    assertThat(notes.events.get(1).details())
        .containsEntry("count", String.valueOf(FLOOD - 1))
        .containsEntry("runs", sums + " " + words);
    assertThat(refusals.totals()).isEqualTo(Map.of("too many connections of a run", (long) FLOOD));
  }

  private static SpiffeId idOf(RuntimeId run) {
    return new SpiffeId.OfPlugin(
        new SpiffeId.OfHost(new TrustDomain("tenon.internal"), "h-1"), run);
  }

  /** The peer is refused whether or not that can be recorded; and it is counted. */
  @Test
  void refused_logBroken_isCounted() {
    notes.isBroken = true;
    data.refused(Source.UNKNOWN, HandshakeFault.BROKEN);
    refusals.close();

    assertThat(refusals.totals()).isEqualTo(Map.of("broken handshake", 1L));
  }

  /** What was only counted is not lost at the end of the host. */
  @Test
  void close_flood_isOnRecord() {
    flood();
    refusals.close();

    assertThat(notes.events.get(1).details()).containsEntry("count", String.valueOf(FLOOD - 1));
  }
}
