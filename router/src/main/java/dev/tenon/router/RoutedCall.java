package dev.tenon.router;

import dev.tenon.auth.AuditFailedException;
import dev.tenon.auth.AuditMode;
import dev.tenon.core.Identity;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RefusedException;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.ForwardingClientCall;
import io.grpc.ForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One call of one caller: decided when it starts, on the thread that starts it; then the provider's
 * call with the metadata rules around it. A refused call ends before {@link #start} returns.
 */
final class RoutedCall<Q, R> extends ForwardingClientCall<Q, R> {
  /**
   * The provider's timer for the caller's deadline may run before ours: by the rounding of {@code
   * grpc-timeout}, which is a millisecond where it matters, and by scheduling.
   */
  private static final Duration NEAR = Duration.ofMillis(50);

  private final Router router;
  private final Identity caller;
  private final MethodDescriptor<Q, R> method;
  private final CallOptions options;
  private final ProviderStatus providerStatus = new ProviderStatus(this::isCancelledHere);
  private volatile ClientCall<Q, R> delegate = new NoCall<>();
  private volatile Context context = Context.ROOT;
  private volatile boolean cancelled;

  RoutedCall(Router router, Identity caller, MethodDescriptor<Q, R> method, CallOptions options) {
    this.router = router;
    this.caller = caller;
    this.method = method;
    this.options = options;
  }

  @Override
  protected ClientCall<Q, R> delegate() {
    return delegate;
  }

  @Override
  public void start(Listener<R> listener, Metadata headers) {
    if (cancelled) {
      close(listener, ProviderStatus.cancelled());
      return;
    }
    context = Context.current();
    Route route;
    try {
      route = router.route(caller, method.getFullMethodName(), headers);
    } catch (RefusedException refused) {
      close(listener, ProviderStatus.End.of(RefusalStatus.of(refused)));
      return;
    }
    CallCounters.Cell counted =
        router
            .counters()
            .started(caller.name(), route.providerName(), route.permit().path().service());
    ClientCall<Q, R> call = route.channel().newCall(method, forwardedOptions());
    delegate = call;
    call.start(
        new Responses(listener, route, counted), MetadataRules.request(headers, caller.id()));
  }

  private static void close(Listener<?> listener, ProviderStatus.End end) {
    listener.onClose(end.status(), end.trailers());
  }

  /**
   * Returns how long, how large and on which thread, as the caller wants; nothing else of its
   * options passes: call credentials would be added behind the metadata rules and reach the
   * provider, and an authority would change whose certificate is asked for.
   */
  private CallOptions forwardedOptions() {
    CallOptions forwarded =
        CallOptions.DEFAULT
            .withDeadline(options.getDeadline())
            .withExecutor(options.getExecutor())
            .withStreamTracerFactory(providerStatus);
    if (options.isWaitForReady()) {
      forwarded = forwarded.withWaitForReady();
    }
    if (options.getMaxInboundMessageSize() != null) {
      forwarded = forwarded.withMaxInboundMessageSize(options.getMaxInboundMessageSize());
    }
    if (options.getMaxOutboundMessageSize() != null) {
      forwarded = forwarded.withMaxOutboundMessageSize(options.getMaxOutboundMessageSize());
    }
    return forwarded;
  }

  @Override
  public void cancel(@Nullable String message, @Nullable Throwable cause) {
    cancelled = true;
    delegate.cancel(message, cause);
  }

  /** Returns whether the caller cancelled, or its deadline has so little left that it may have. */
  private boolean isCancelledHere() {
    return cancelled
        || context.isCancelled()
        || isNear(context.getDeadline())
        || isNear(options.getDeadline());
  }

  private static boolean isNear(@Nullable Deadline deadline) {
    return deadline != null && deadline.timeRemaining(TimeUnit.NANOSECONDS) < NEAR.toNanos();
  }

  /** What comes back from the provider. */
  private final class Responses
      extends ForwardingClientCallListener.SimpleForwardingClientCallListener<R> {
    private final Route route;
    private final CallCounters.Cell counted;

    Responses(Listener<R> listener, Route route, CallCounters.Cell counted) {
      super(listener);
      this.route = route;
      this.counted = counted;
    }

    @Override
    public void onHeaders(Metadata headers) {
      super.onHeaders(MetadataRules.response(headers));
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      if (!status.isOk()) {
        counted.failed();
      }
      router.logEnd(route, status);
      ProviderStatus.End end = recorded(providerStatus.end(status, trailers));
      close(delegate(), end);
    }

    private ProviderStatus.End recorded(ProviderStatus.End end) {
      if (route.permit().audit() != AuditMode.CALL) {
        return end;
      }
      try {
        router.audit().outcome(route.permit(), route.provider(), end.status());
        return end;
      } catch (AuditFailedException e) {
        return ProviderStatus.End.of(RefusalStatus.of(e));
      }
    }
  }

  /** What is left of a refused call, or not yet there of one that has not started. */
  private static final class NoCall<Q, R> extends ClientCall<Q, R> {
    @Override
    public void start(Listener<R> listener, Metadata headers) {
      throw new IllegalStateException("not a call (expected: start of the routed call)");
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
