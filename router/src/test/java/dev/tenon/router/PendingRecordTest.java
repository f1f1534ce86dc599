package dev.tenon.router;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A call whose record is on its way to the disk: it waits on no thread, and reaches nobody. */
final class PendingRecordTest {
  private final Plane plane = new Plane();

  @AfterEach
  void close() {
    plane.close();
  }

  private CompletableFuture<EchoResponse> call(Channel channel) {
    CompletableFuture<EchoResponse> answer = new CompletableFuture<>();
    EchoGrpc.newStub(channel)
        .unary(
            EchoRequest.getDefaultInstance(),
            new StreamObserver<>() {
              @Override
              public void onNext(EchoResponse response) {
                answer.complete(response);
              }

              @Override
              public void onError(Throwable failed) {
                answer.completeExceptionally(failed);
              }

              @Override
              public void onCompleted() {}
            });
    return answer;
  }

  /** The thread that calls goes on at once; the provider is called when the record is there. */
  @Test
  void firstCall_recordUnderWay_reachesNobodyUntilItIsCommitted() throws Exception {
    plane.audit.hold();
    CompletableFuture<EchoResponse> answer = call(plane.channel(Names.CALLER));
    CompletableFuture<EchoResponse> another = call(plane.channel(Names.CALLER));

    assertThat(answer).isNotDone();
    assertThat(plane.words.calls).hasValue(0);
    assertThat(plane.audit.events()).as("one record for both").hasSize(1);
    plane.audit.release(null);

    assertThat(answer.get(60, TimeUnit.SECONDS)).isNotNull();
    assertThat(another.get(60, TimeUnit.SECONDS)).isNotNull();
    assertThat(plane.words.calls).hasValue(2);
  }

  /**
   * A provider that is ready before the start of its call returns says so once: whoever hears it
   * must find the call ready, for it hears nothing again.
   */
  @Test
  void firstCall_providerReadyWhileItStarts_isReadyWhenItSaysSo() {
    plane.audit.hold();
    plane.backends.put(Names.WORDS, new ReadyAtOnce());
    ClientCall<EchoRequest, EchoResponse> call =
        plane.channel(Names.CALLER).newCall(EchoGrpc.getBidiMethod(), CallOptions.DEFAULT);
    List<Boolean> ready = new CopyOnWriteArrayList<>();
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onReady() {
            ready.add(call.isReady());
          }
        },
        new Metadata());

    assertThat(call.isReady()).isFalse();
    plane.audit.release(null);

    assertThat(ready).containsExactly(true);
    assertThat(call.isReady()).isTrue();
  }

  /** A provider whose calls are ready, and say so, before their start returns. */
  private static final class ReadyAtOnce extends Channel {
    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
      return new SilentCall<>() {
        @Override
        public void start(Listener<R> listener, Metadata headers) {
          listener.onReady();
        }

        @Override
        public boolean isReady() {
          return true;
        }
      };
    }

    @Override
    public String authority() {
      return "ready";
    }
  }

  /**
   * A caller whose deadline passes while the disk is slow learns just that, and its call goes
   * nowhere, then or later. Attack: A11.
   */
  @Test
  void firstCall_deadlinePassesWhileRecordUnderWay_deadlineExceededAndProviderUntouched() {
    plane.audit.hold();
    AtomicLong nanos = new AtomicLong();

    ListenableFuture<EchoResponse> answer =
        EchoGrpc.newFutureStub(plane.channel(Names.CALLER))
            .withDeadline(Deadline.after(100, TimeUnit.MILLISECONDS, ticker(nanos)))
            .unary(EchoRequest.getDefaultInstance());
    nanos.addAndGet(TimeUnit.HOURS.toNanos(1)); // and the timer for it runs soon

    assertThatThrownBy(() -> answer.get(60, TimeUnit.SECONDS))
        .hasCauseInstanceOf(StatusRuntimeException.class)
        .satisfies(
            late ->
                assertThat(Status.fromThrowable(late).getCode())
                    .isEqualTo(Status.Code.DEADLINE_EXCEEDED));
    plane.audit.release(null);
    assertThat(plane.words.calls).hasValue(0);
  }

  /**
   * Whatever wakes a call, it goes nowhere without its record. Here that is its own deadline, by a
   * clock that goes back then, so that it has an hour left again; the other is the hour itself,
   * which no record takes.
   */
  @Test
  void firstCall_wokenWithoutItsRecord_internalAndProviderUntouched() throws Exception {
    plane.audit.hold();
    AtomicLong nanos = new AtomicLong();
    Deadline soon = Deadline.after(100, TimeUnit.MILLISECONDS, ticker(nanos));
    BlockingQueue<Runnable> steps = new LinkedBlockingQueue<>();
    CompletableFuture<Status> ended = new CompletableFuture<>();
    ClientCall<EchoRequest, EchoResponse> call =
        plane
            .channel(Names.CALLER)
            .newCall(
                EchoGrpc.getUnaryMethod(),
                CallOptions.DEFAULT.withDeadline(soon).withExecutor(steps::add));
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            ended.complete(status);
          }
        },
        new Metadata());
    call.sendMessage(EchoRequest.getDefaultInstance());
    call.halfClose();

    Runnable woken = requireNonNull(steps.poll(60, TimeUnit.SECONDS), "its deadline");
    nanos.addAndGet(-TimeUnit.HOURS.toNanos(2));
    woken.run();

    assertThat(ended.getNow(Status.OK).getCode()).isEqualTo(Status.Code.INTERNAL);
    plane.audit.release(null);
    assertThat(plane.words.calls).hasValue(0);
  }

  private static Deadline.Ticker ticker(AtomicLong nanos) {
    return new Deadline.Ticker() {
      @Override
      public long nanoTime() {
        return nanos.get();
      }
    };
  }

  /** What could not be recorded does not happen. Row: AU-3. */
  @Test
  void firstCall_recordFails_internalAndProviderUntouched() {
    plane.audit.hold();
    CompletableFuture<EchoResponse> answer = call(plane.channel(Names.CALLER));
    plane.audit.release(new AuditFailedException("disk full"));

    assertThat(answer).isCompletedExceptionally();
    assertThat(Status.fromThrowable(failure(answer)).getCode()).isEqualTo(Status.Code.INTERNAL);
    assertThat(plane.words.calls).hasValue(0);
    assertThat(Plane.call(plane.channel(Names.CALLER))).as("the next one tries").isNotNull();
  }

  private static Throwable failure(CompletableFuture<?> failed) {
    return failed.handle((done, failure) -> failure).join();
  }

  /** A caller that is revoked while it waits is refused, and its call goes nowhere. */
  @Test
  void firstCall_callerEndedWhileRecordUnderWay_refused() {
    plane.audit.hold();
    CompletableFuture<EchoResponse> answer = call(plane.channel(Names.CALLER));
    var unused = plane.router.end(Names.CALLER);

    assertThat(Status.fromThrowable(failure(answer)).getCode())
        .isEqualTo(Status.Code.UNAUTHENTICATED);
    plane.audit.release(null);
    assertThat(plane.words.calls).hasValue(0);
  }

  /** The caller of an audited call has its answer when the outcome is on record. Row: AU-2. */
  @Test
  void auditedCall_outcomeUnderWay_endsWhenItIsCommitted() throws Exception {
    plane.policy(Names.POLICY + "audit = \"call\"\n");
    plane.words.onCall = plane.audit::hold;
    CompletableFuture<Status> ended = new CompletableFuture<>();
    EchoGrpc.newStub(plane.channel(Names.CALLER))
        .unary(
            EchoRequest.getDefaultInstance(),
            new StreamObserver<>() {
              @Override
              public void onNext(EchoResponse response) {}

              @Override
              public void onError(Throwable failed) {
                ended.complete(Status.fromThrowable(failed));
              }

              @Override
              public void onCompleted() {
                ended.complete(Status.OK);
              }
            });
    while (plane.audit.events().size() < 2) {
      Thread.onSpinWait();
    }

    assertThat(ended).isNotDone();
    AuditEvent outcome = plane.audit.events().get(1);
    assertThat(outcome.action()).isEqualTo("outcome");
    assertThat(outcome.duration()).isNotNull();
    plane.audit.release(null);
    assertThat(ended.get(60, TimeUnit.SECONDS)).isEqualTo(Status.OK);
  }

  /** Calls after the first are counted, and the count is written, each call once. Row: AU-4. */
  @Test
  void laterCalls_summarized_eachCountedOnce() {
    for (int i = 0; i < 4; i++) {
      Plane.call(plane.channel(Names.CALLER));
    }
    plane.router.summarize();
    plane.router.summarize();
    Plane.call(plane.channel(Names.CALLER));
    plane.router.close();

    assertThat(plane.audit.actions()).containsExactly("relay", "summary", "summary");
    assertThat(plane.audit.events().get(1).details())
        .containsEntry("calls", "3")
        .containsEntry("rule", "echo");
    assertThat(plane.audit.events().get(2).details()).containsEntry("calls", "1");
  }

  /** What could not be written is in the next summary; what the old policy allowed too. */
  @Test
  void summary_logFailsOrPolicyChanges_nothingLost() {
    Plane.call(plane.channel(Names.CALLER));
    Plane.call(plane.channel(Names.CALLER));
    plane.audit.fail();
    plane.router.summarize();
    plane.audit.mend();
    plane.policy(Names.POLICY);
    Plane.call(plane.channel(Names.CALLER));
    plane.router.summarize();

    assertThat(plane.audit.actions()).containsExactly("relay", "relay", "summary");
    assertThat(plane.audit.events().get(2).details()).containsEntry("calls", "1");
  }
}
