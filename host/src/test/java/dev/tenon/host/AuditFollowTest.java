package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tenon.auth.audit.AuditEvent.Outcome;
import dev.tenon.auth.audit.AuditTail;
import dev.tenon.core.Refusal;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.v1.AdminGrpc;
import dev.tenon.v1.FollowAuditRequest;
import dev.tenon.v1.FollowAuditResponse;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An administrator who follows an audit log that is long, cannot be read, or cannot be written. */
class AuditFollowTest {
  /** More than the windows and buffers between a host and a reader that waits. */
  private static final int RECORDS = 4_000;

  private static final int PAGE = 200;
  private static final String LONG = "x".repeat(2_000);

  private ControlPlane plane;

  @BeforeEach
  void start() throws Exception {
    plane = new ControlPlane(ServiceRegistry.inMemory());
  }

  @AfterEach
  void close() throws Exception {
    plane.close();
  }

  private Iterator<FollowAuditResponse> follow(UnrecordedOperations.Log log) throws Exception {
    plane.operations.operate(new UnrecordedOperations(plane.runs, log));
    return RawPlugin.deadline(AdminGrpc.newBlockingStub(plane.admin()))
        .followAudit(FollowAuditRequest.newBuilder().setMost(1).build());
  }

  private static List<AuditTail.Line> page(long after) {
    return LongStream.rangeClosed(after + 1, Math.min(after + PAGE, RECORDS))
        .mapToObj(number -> new AuditTail.Line(number, number + " " + LONG))
        .toList();
  }

  private static StatusRuntimeException end(Iterator<FollowAuditResponse> pages) {
    return catchThrowableOfType(
        StatusRuntimeException.class, () -> pages.forEachRemaining(page -> {}));
  }

  private List<String> outcomes() {
    return plane.audit.events.stream()
        .filter(event -> event.action().equals("outcome"))
        .map(event -> event.resource() + " " + event.details().get("status"))
        .toList();
  }

  /** Whoever reads one page after the other gets each record once, in order. Row: RG-23. */
  @Test
  void followAudit_farBehind_getsEachRecord() throws Exception {
    Iterator<FollowAuditResponse> pages = follow(AuditFollowTest::page);

    List<String> told = new ArrayList<>();
    while (told.size() < RECORDS) {
      pages.next().getRecordsList().forEach(record -> told.add(record.replace(" " + LONG, "")));
    }

    assertThat(told)
        .isEqualTo(LongStream.rangeClosed(1, RECORDS).mapToObj(Long::toString).toList());
  }

  /** What comes next cannot be told: the end is a refusal, and not silence. */
  @Test
  void followAudit_logCannotBeRead_endsOnRecord() throws Exception {
    Iterator<FollowAuditResponse> pages =
        follow(
            after -> {
              if (after > 0) {
                throw new UncheckedIOException(new IOException("gone"));
              }
              return page(after);
            });

    assertThat(pages.next().getRecordsCount()).isEqualTo(PAGE);
    assertThat(Refused.of(end(pages)).is(Refusal.INTERNAL)).isTrue();
    assertThat(outcomes()).containsExactly("/tenon.v1.Admin/FollowAudit INTERNAL");
  }

  /** Also where it is the log itself that fails, so that the end cannot be recorded either. */
  @Test
  void followAudit_endCannotBeRecorded_endsNonetheless() throws Exception {
    Iterator<FollowAuditResponse> pages =
        follow(
            after -> {
              if (after > 0) {
                plane.audit.failOn(Outcome.SUCCESS);
                throw new UncheckedIOException(new IOException("gone"));
              }
              return page(after);
            });

    assertThat(Refused.of(end(pages)).is(Refusal.INTERNAL)).isTrue();
    assertThat(outcomes()).isEmpty();
  }

  /** The first look may fail as well. */
  @Test
  void followAudit_logCannotBeReadAtFirst_endsOnRecord() throws Exception {
    Iterator<FollowAuditResponse> pages =
        follow(
            after -> {
              throw new UncheckedIOException(new IOException("gone"));
            });

    assertThat(Refused.of(end(pages)).is(Refusal.INTERNAL)).isTrue();
    assertThat(outcomes()).containsExactly("/tenon.v1.Admin/FollowAudit INTERNAL");
  }
}
