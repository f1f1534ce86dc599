package dev.tenon.host.control;

import dev.tenon.auth.audit.AuditTail;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RefusedException;
import dev.tenon.v1.FollowAuditRequest;
import dev.tenon.v1.FollowAuditResponse;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Tells one administrator what the audit log gets, until that one goes or is none any more: looks
 * at the log from time to time, one look after the other, and skips it while the last page is not
 * on its way. Nothing is left out: whoever reads slowly gets page after page from where it stands.
 */
final class AuditFollower {
  private static final System.Logger LOG = System.getLogger(AdminService.class.getName());

  /** How often it looks: people read it. */
  private static final Duration PAUSE = Duration.ofMillis(250);

  private final AdminCall call;
  private final HostOperations host;
  private final ServerCallStreamObserver<FollowAuditResponse> observer;
  private final AdminService.Threads threads;
  private final BooleanSupplier isStillAdmin;
  private long last;

  private AuditFollower(
      AdminCall call,
      HostOperations host,
      ServerCallStreamObserver<FollowAuditResponse> observer,
      AdminService.Threads threads) {
    this.call = call;
    this.host = host;
    this.observer = observer;
    this.threads = threads;
    isStillAdmin = AdminGate.IS_STILL_ADMIN.get();
  }

  static void start(
      AdminCall call,
      FollowAuditRequest request,
      HostOperations host,
      ServerCallStreamObserver<FollowAuditResponse> observer,
      AdminService.Threads threads) {
    AuditFollower follower = new AuditFollower(call, host, observer, threads);
    observer.setOnCancelHandler(() -> {}); // the next look sees it
    try {
      int most = call.checked(() -> Field.read("most", request.getMost(), AdminFields::records));
      call.begins(AdminCall.Asked.NOTHING);
      follower.begin(most);
    } catch (RefusedException e) {
      observer.onError(RefusalStatus.of(e));
    }
  }

  private void begin(int most) {
    try {
      List<AuditTail.Line> lines = host.audit(Math.max(1, most));
      if (most > 0) {
        tell(lines);
      } else {
        note(lines);
      }
    } catch (RuntimeException e) {
      fail(e);
      return;
    }
    lookLater();
  }

  private void lookLater() {
    try {
      var unused =
          threads
              .timer()
              .schedule(
                  () -> threads.answers().execute(this::look),
                  PAUSE.toMillis(),
                  TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      // The host is closing, and the connection with it.
    }
  }

  private void look() {
    try {
      if (observer.isCancelled()) {
        call.ended(AdminCall.Asked.NOTHING, "CANCELLED");
      } else if (!isStillAdmin.getAsBoolean()) {
        end(Refusal.NOT_AUTHENTICATED);
      } else {
        if (observer.isReady()) {
          tell(host.auditAfter(last));
        }
        lookLater();
      }
    } catch (RefusedException | RuntimeException e) {
      fail(e);
    }
  }

  /** Ends what cannot go on; on record, unless it is the log that fails. */
  private void fail(Exception why) {
    LOG.log(Level.WARNING, "the audit log is followed no more: {0}", why.toString());
    try {
      end(Refusal.INTERNAL);
    } catch (RefusedException e) {
      observer.onError(RefusalStatus.of(e));
    }
  }

  private void end(Refusal refusal) throws RefusedException {
    call.ended(AdminCall.Asked.NOTHING, refusal.name());
    StatusRuntimeException status = RefusalStatus.of(refusal);
    observer.onError(status);
  }

  private void note(List<AuditTail.Line> lines) {
    if (!lines.isEmpty()) {
      last = lines.get(lines.size() - 1).sequence();
    }
  }

  private void tell(List<AuditTail.Line> lines) {
    note(lines);
    if (!lines.isEmpty()) {
      FollowAuditResponse.Builder page = FollowAuditResponse.newBuilder();
      lines.forEach(line -> page.addRecords(line.text()));
      observer.onNext(page.build());
    }
  }
}
