package dev.tenon.sdk;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a call holds on to while it waits for a renewal, and that it lets it go. */
final class ReplayableCallTest {
  @TempDir Path folder;
  private final List<Runnable> deadlines = new ArrayList<>();
  private final List<Attempt<?, ?>> attempts = new ArrayList<>();
  private final List<Status> ends = new ArrayList<>();
  private final Context.CancellableContext context = Context.current().withCancellation();
  private ManualCare manual;

  @BeforeEach
  void refuseOneCall() {
    manual = new ManualCare(folder);
    context.run(this::start);
    attempts.get(0).refuse();
  }

  @AfterEach
  void close() {
    context.close();
    manual.close();
  }

  @Test
  void refused_renewed_letsGoOfDeadlineAndContext() throws Exception {
    assertThat(deadlines).hasSize(1);
    assertThat(contextListeners()).isEqualTo(1);

    manual.runImmediate();

    assertThat(attempts).hasSize(2);
    assertThat(deadlines).isEmpty();
    assertThat(contextListeners()).isZero();
  }

  @Test
  void refused_notRenewed_letsGoOfDeadlineAndContext() throws Exception {
    manual.hostAnswers = false;

    manual.runImmediate();

    assertThat(attempts).hasSize(1);
    assertThat(ends).extracting(Status::getCode).containsExactly(Status.Code.UNAUTHENTICATED);
    assertThat(deadlines).isEmpty();
    assertThat(contextListeners()).isZero();
  }

  /** The wait is over for the caller, though the renewal may go on. */
  @Test
  void refused_callerCancels_letsGoOfDeadlineAndSettlesOnce() {
    context.cancel(null);

    assertThat(attempts).hasSize(2);
    assertThat(deadlines).isEmpty();
    manual.runImmediate();
    assertThat(attempts).hasSize(2);
    assertThat(ends).isEmpty();
  }

  /** An hour: what is not let go stays as long. */
  private void start() {
    RetryAfterRenewal retry =
        new RetryAfterRenewal(manual.identity, manual.care, this::later, Runnable::run);
    ClientCall<EchoRequest, EchoResponse> call =
        retry.interceptCall(
            EchoGrpc.getUnaryMethod(),
            CallOptions.DEFAULT.withDeadlineAfter(1, TimeUnit.HOURS),
            new Attempts());
    call.start(new Ends(), new Metadata());
    call.request(2);
    call.sendMessage(EchoRequest.getDefaultInstance());
    call.halfClose();
  }

  private Timer.Planned later(Duration delay, Runnable task) {
    deadlines.add(task);
    return () -> deadlines.remove(task);
  }

  /** grpc-java counts them for its own tests alone. */
  private int contextListeners() throws ReflectiveOperationException {
    Method count = Context.CancellableContext.class.getDeclaredMethod("listenerCount");
    count.setAccessible(true);
    return (int) count.invoke(context);
  }

  /** How the caller's call ended. */
  private final class Ends extends ClientCall.Listener<EchoResponse> {
    @Override
    public void onClose(Status status, Metadata trailers) {
      ends.add(status);
    }
  }

  /** Remembers the calls that are made. */
  private final class Attempts extends Channel {
    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
      Attempt<Q, R> attempt = new Attempt<>();
      attempts.add(attempt);
      return attempt;
    }

    @Override
    public String authority() {
      return "test";
    }
  }

  /** A call that ends as the test says. */
  private static final class Attempt<Q, R> extends ClientCall<Q, R> {
    private @Nullable Listener<R> listener;

    void refuse() {
      StatusRuntimeException refused = RefusalStatus.of(Refusal.NOT_AUTHENTICATED);
      requireNonNull(listener).onClose(refused.getStatus(), requireNonNull(refused.getTrailers()));
    }

    @Override
    public void start(Listener<R> listener, Metadata headers) {
      this.listener = listener;
    }

    @Override
    public void request(int messages) {}

    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {}

    @Override
    public void halfClose() {}

    @Override
    public void sendMessage(Q message) {}
  }
}
