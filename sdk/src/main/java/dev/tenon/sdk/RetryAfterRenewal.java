package dev.tenon.sdk;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.concurrent.Executor;

/**
 * Repeats a call once, with a new identity, when the host did not accept the old one: the caller
 * sees no failure when its runtime token has expired. Thread-safe.
 *
 * <p>Only the host's own refusal counts, which comes before anything was passed on; a provider's
 * UNAUTHENTICATED is the application's. Only calls whose client sends one message are repeated:
 * others cannot be replayed, and renew for the calls after them.
 */
final class RetryAfterRenewal implements ClientInterceptor {
  private final CurrentIdentity identity;
  private final IdentityCare care;
  private final Timer timer;
  private final Executor calls;
  private volatile GrantRefusals grants = (service, nanos) -> false;

  /** What is to know when the host refused the grant that a call showed, or that it showed none. */
  @FunctionalInterface
  interface GrantRefusals {
    /**
     * Notes that a call of {@code service} that began at {@code nanos} was refused. Returns whether
     * it may be made once more.
     */
    boolean refused(String service, long nanos);
  }

  /**
   * Makes the interceptor.
   *
   * @param timer ends the wait for a renewal at a call's deadline
   * @param calls runs the callbacks of calls that bring no executor
   */
  RetryAfterRenewal(CurrentIdentity identity, IdentityCare care, Timer timer, Executor calls) {
    this.identity = identity;
    this.care = care;
    this.timer = timer;
    this.calls = calls;
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    return method.getType().clientSendsOneMessage()
        ? new ReplayableCall<>(this, method, options, next)
        : new WatchedCall<>(this, method, next.newCall(method, options));
  }

  /** Sets what is to know of refused grants. */
  void grants(GrantRefusals refusals) {
    grants = refusals;
  }

  GrantRefusals grants() {
    return grants;
  }

  CurrentIdentity identity() {
    return identity;
  }

  IdentityCare care() {
    return care;
  }

  Timer timer() {
    return timer;
  }

  /** Returns who runs the callbacks of a call with {@code options}. */
  Executor executor(CallOptions options) {
    Executor own = options.getExecutor();
    return own == null ? calls : own;
  }

  /** Returns whether the host did not accept the identity of a call. */
  static boolean isRefusal(Status status, Metadata trailers) {
    return RefusalStatus.ofHost(status, trailers)
        .filter(Refusal.NOT_AUTHENTICATED::equals)
        .isPresent();
  }

  /** Returns whether the host did not accept the grant of a call. */
  static boolean isGrantRefusal(Status status, Metadata trailers) {
    return RefusalStatus.ofHost(status, trailers)
        .filter(Refusal.GRANT_NOT_ACCEPTED::equals)
        .isPresent();
  }
}
