package dev.tenon.host.control;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.NotAuthenticatedException;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.RefusedException;
import dev.tenon.router.Admission;
import dev.tenon.v1.AddPluginRequest;
import dev.tenon.v1.AddPluginResponse;
import dev.tenon.v1.AdminGrpc;
import dev.tenon.v1.CallRequest;
import dev.tenon.v1.CallResponse;
import dev.tenon.v1.DescribePluginRequest;
import dev.tenon.v1.DescribePluginResponse;
import dev.tenon.v1.DrainPluginRequest;
import dev.tenon.v1.DrainPluginResponse;
import dev.tenon.v1.ExplainRequest;
import dev.tenon.v1.ExplainResponse;
import dev.tenon.v1.FollowAuditRequest;
import dev.tenon.v1.FollowAuditResponse;
import dev.tenon.v1.ListPluginsRequest;
import dev.tenon.v1.ListPluginsResponse;
import dev.tenon.v1.ListRegistrationsRequest;
import dev.tenon.v1.ListRegistrationsResponse;
import dev.tenon.v1.ReadAuditRequest;
import dev.tenon.v1.ReadAuditResponse;
import dev.tenon.v1.RemovePluginRequest;
import dev.tenon.v1.RemovePluginResponse;
import dev.tenon.v1.ReplacePluginRequest;
import dev.tenon.v1.ReplacePluginResponse;
import dev.tenon.v1.RevokePluginRequest;
import dev.tenon.v1.RevokePluginResponse;
import dev.tenon.v1.WithdrawRightRequest;
import dev.tenon.v1.WithdrawRightResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * The methods by which administrators ask a host, and tell it; behind {@link AdminGate}. What they
 * mean is in {@link AdminQuestions}, {@link AdminOrders}, {@link AdminRelay} and {@link
 * AuditFollower}. Each call is on record before its effect, and how it ended. Thread-safe.
 */
public final class AdminService extends AdminGrpc.AdminImplBase {
  private final ControlAudit audit;
  private final Threads threads;
  private final AdminQuestions questions;
  private final AdminOrders orders;
  private volatile Optional<HostOperations> host = Optional.empty();

  /**
   * What answers: {@code answers} what is short, {@code changes} what takes as long as a plugin
   * does, and must not hold up what plugins ask.
   */
  public record Threads(Executor answers, Executor changes, ScheduledExecutorService timer) {
    /** Checks for null. */
    public Threads {
      requireNonNull(answers, "answers");
      requireNonNull(changes, "changes");
      requireNonNull(timer, "timer");
    }
  }

  /** One method, for one call. */
  @FunctionalInterface
  private interface Method<R> {
    R answer(AdminCall call) throws RefusedException;
  }

  /** Makes the service. */
  public AdminService(
      PluginRuns runs, Supplier<Policy> policy, ControlAudit audit, Threads threads) {
    this.audit = requireNonNull(audit, "audit");
    this.threads = requireNonNull(threads, "threads");
    questions = new AdminQuestions(runs, policy, this::host);
    orders = new AdminOrders(runs, this::host, threads.answers());
  }

  /** Sets the host that has started; no administrator has a certificate before. */
  public void operate(HostOperations started) {
    host = Optional.of(started);
  }

  private HostOperations host() {
    return host.orElseThrow(() -> new IllegalStateException("host: starting (expected: started)"));
  }

  private AdminCall call(String method) {
    return new AdminCall(audit, requireNonNull(Admission.CALLER.get(), "caller").actor(), method);
  }

  private <R> void answer(String name, StreamObserver<R> observer, Method<R> method) {
    AdminCall call = call(name);
    Answer.with(observer, () -> method.answer(call));
  }

  /**
   * Answers what may take long, and goes on when its caller has gone; what has not begun when its
   * caller is no administrator any more does not.
   */
  private <R> void answerLater(String name, StreamObserver<R> observer, Method<R> method) {
    AdminCall call = call(name);
    ((ServerCallStreamObserver<R>) observer).setOnCancelHandler(() -> {});
    BooleanSupplier isStillAdmin = AdminGate.IS_STILL_ADMIN.get();
    threads
        .changes()
        .execute(
            () ->
                Answer.with(
                    observer,
                    () -> {
                      call.checked(() -> requireAdmin(isStillAdmin));
                      return method.answer(call);
                    }));
  }

  private static boolean requireAdmin(BooleanSupplier isStillAdmin) throws RefusedException {
    if (!isStillAdmin.getAsBoolean()) {
      throw new NotAuthenticatedException(NotAuthenticatedException.Why.REVOKED);
    }
    return true;
  }

  @Override
  public void listPlugins(ListPluginsRequest asked, StreamObserver<ListPluginsResponse> observer) {
    answer("ListPlugins", observer, questions::plugins);
  }

  @Override
  public void describePlugin(
      DescribePluginRequest asked, StreamObserver<DescribePluginResponse> observer) {
    answer("DescribePlugin", observer, call -> questions.plugin(call, asked));
  }

  @Override
  public void listRegistrations(
      ListRegistrationsRequest asked, StreamObserver<ListRegistrationsResponse> observer) {
    answer("ListRegistrations", observer, call -> questions.registrations(call, asked));
  }

  @Override
  public void explain(ExplainRequest asked, StreamObserver<ExplainResponse> observer) {
    answer("Explain", observer, call -> questions.explanation(call, asked));
  }

  @Override
  public void readAudit(ReadAuditRequest asked, StreamObserver<ReadAuditResponse> observer) {
    answer("ReadAudit", observer, call -> questions.audit(call, asked));
  }

  @Override
  public void followAudit(FollowAuditRequest asked, StreamObserver<FollowAuditResponse> observer) {
    AuditFollower.start(
        call("FollowAudit"),
        asked,
        host(),
        (ServerCallStreamObserver<FollowAuditResponse>) observer,
        threads);
  }

  @Override
  public void revokePlugin(
      RevokePluginRequest asked, StreamObserver<RevokePluginResponse> observer) {
    answer("RevokePlugin", observer, call -> orders.revoke(call, asked));
  }

  @Override
  public void drainPlugin(DrainPluginRequest asked, StreamObserver<DrainPluginResponse> observer) {
    orders.drain(call("DrainPlugin"), asked, observer);
  }

  @Override
  public void withdrawRight(
      WithdrawRightRequest asked, StreamObserver<WithdrawRightResponse> observer) {
    answer("WithdrawRight", observer, call -> orders.withdraw(call, asked));
  }

  @Override
  public void addPlugin(AddPluginRequest asked, StreamObserver<AddPluginResponse> observer) {
    answerLater("AddPlugin", observer, call -> orders.add(call, asked));
  }

  @Override
  public void removePlugin(
      RemovePluginRequest asked, StreamObserver<RemovePluginResponse> observer) {
    answerLater("RemovePlugin", observer, call -> orders.remove(call, asked));
  }

  @Override
  public void replacePlugin(
      ReplacePluginRequest asked, StreamObserver<ReplacePluginResponse> observer) {
    answerLater("ReplacePlugin", observer, call -> orders.replace(call, asked));
  }

  @Override
  public void call(CallRequest asked, StreamObserver<CallResponse> observer) {
    AdminRelay.start(
        call("Call"),
        asked,
        host(),
        (ServerCallStreamObserver<CallResponse>) observer,
        threads.answers());
  }
}
