package dev.tenon.router;

import static java.util.Objects.requireNonNull;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.ForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * A call that came in on a {@link CallerChannel}, and goes to its provider's channel with the
 * metadata rules around it. A refused call ends before {@link #start} returns.
 */
final class RoutedCall<Q, R> extends ForwardingClientCall<Q, R> {
  @SuppressWarnings("rawtypes")
  private static final AtomicReferenceFieldUpdater<RoutedCall, @Nullable ClientCall> DELEGATE =
      AtomicReferenceFieldUpdater.newUpdater(RoutedCall.class, ClientCall.class, "delegate");

  private final Router router;
  private final MethodDescriptor<Q, R> method;
  private final CallOptions options;
  private final @Nullable UnaryDeadline unaryDeadline;
  private final Life life;
  private final ProviderStatus providerStatus;
  private volatile @Nullable ClientCall<Q, R> delegate;
  private volatile @Nullable PendingCall<Q, R> pending;

  /**
   * Makes a call of {@code caller}.
   *
   * @param unaryDeadline the one that it gets if it has none; null if it goes without
   */
  RoutedCall(
      Router router,
      KnownCaller caller,
      MethodDescriptor<Q, R> method,
      CallOptions options,
      @Nullable UnaryDeadline unaryDeadline) {
    this.router = router;
    this.method = method;
    this.options = options;
    this.unaryDeadline = unaryDeadline;
    this.life = new Life(caller);
    this.providerStatus = new ProviderStatus(life::isCancelledHere, life::streamClosed);
  }

  @Override
  protected ClientCall<Q, R> delegate() {
    ClientCall<Q, R> present = delegate;
    return present == null ? new NoCall<>(Status.INTERNAL) : present;
  }

  @Override
  public void start(Listener<R> listener, Metadata headers) {
    life.start(listener, headers);
  }

  @Override
  public void cancel(@Nullable String message, @Nullable Throwable cause) {
    if (life.cancel()) {
      delegate().cancel(message, cause);
    }
  }

  /*
   * grpc-java does not allow messages after a cancellation. A caller that cancels knows; one whose
   * call is ended here may be sending.
   */
  @Override
  public void sendMessage(Q message) {
    try {
      delegate().sendMessage(message);
    } catch (IllegalStateException e) {
      requireEnded(e);
    }
  }

  @Override
  public void halfClose() {
    try {
      delegate().halfClose();
    } catch (IllegalStateException e) {
      requireEnded(e);
    }
  }

  private void requireEnded(IllegalStateException e) {
    if (!life.isEnded()) {
      throw e;
    }
  }

  /** Returns whether the call was ended by the router. */
  boolean isEnded() {
    return life.isEnded();
  }

  /** Notes that {@code call} is about to say that it is ready. */
  void readyBy(ClientCall<Q, R> call) {
    PendingCall<Q, R> waited = pending;
    if (waited != null) {
      waited.readyBy(call);
    }
  }

  /** Takes that the provider's call has ended. */
  void closed(Status status, Metadata trailers) {
    life.visits().ended(status, providerStatus.isProviders(status), providerStatus.isAnswered());
    life.closed(status, () -> providerStatus.end(status, trailers));
  }

  /** On the caller's thread, or where it wants its events; never on one of whoever woke it. */
  private ClientCall<Q, R> newCall(Route chosen) {
    if (chosen.backend() instanceof Backend.OfProcess inside
        && (pending == null || options.getExecutor() != null)) {
      ServerMethodDefinition<?, ?> served = inside.services().method(method);
      if (served != null) {
        ClientCall<Q, R> call =
            new DirectCall<>(
                inside.services(),
                method,
                served,
                life.side(),
                chosen,
                life.known(),
                providerStatus);
        return CappedCall.of(call, method, router.maxMessageBytes(life.known(), chosen), life);
      }
    }
    return router.newCall(life, chosen, method, ForwardedOptions.of(life.side()), providerStatus);
  }

  private void relay(Route chosen, Listener<R> listener, Metadata headers) {
    chosen.counted().started();
    ClientCall<Q, R> call = newCall(chosen);
    Responses<Q, R> responses = new Responses<>(this, call, listener, chosen.counted());
    PendingCall<Q, R> waited = pending;
    if (waited == null) {
      DELEGATE.lazySet(this, call);
    }
    Metadata forwarded = MetadataRules.request(headers, life.known().metadata());
    chosen.stamp(forwarded);
    call.start(responses, forwarded);
    if (waited != null) {
      waited.passTo(call);
    }
  }

  /** The call's life, whose caller uses a channel. */
  private final class Life extends OpenCall {
    /* Written before the call is among the open ones, where other threads find it. */
    private @Nullable ChannelCaller side;
    private @Nullable Listener<R> listener;
    private @Nullable Metadata headers;
    private long startNanos;

    Life(KnownCaller caller) {
      super(router, caller);
    }

    void start(Listener<R> listener, Metadata headers) {
      this.startNanos = System.nanoTime();
      UnaryDeadline given = unaryDeadline;
      Deadline otherwise =
          given == null || options.getDeadline() != null ? null : given.at(startNanos);
      this.side = new ChannelCaller(options, Context.current(), otherwise);
      this.listener = listener;
      this.headers = headers;
      enter();
    }

    @Override
    long arrivedNanos() {
      return startNanos;
    }

    @Override
    CallSite site() {
      return known().atMethod(method.getFullMethodName());
    }

    @Override
    Metadata headers() {
      return requireNonNull(headers, "headers");
    }

    @Override
    @Nullable ServerServiceDefinition offered() {
      return options.getOption(CallbackOffer.OFFERED);
    }

    @Override
    boolean isOfWire() {
      return false;
    }

    @Override
    ChannelCaller side() {
      ChannelCaller started = side;
      return started == null ? new ChannelCaller(options, Context.ROOT) : started;
    }

    @Override
    void pend() {
      if (pending == null) {
        PendingCall<Q, R> call = new PendingCall<>();
        pending = call;
        delegate = call;
      }
    }

    @Override
    void limit(Duration most) {
      side = side().atMost(most.minusNanos(System.nanoTime() - startNanos));
    }

    @Override
    void relay(Route chosen) {
      RoutedCall.this.relay(chosen, requireNonNull(listener, "listener"), headers());
    }

    @Override
    void cancelRelayed(String why) {
      delegate().cancel(why, /* cause= */ null);
    }

    @Override
    void tell(ProviderStatus.End end) {
      requireNonNull(listener, "listener").onClose(end.status(), end.trailers());
    }
  }
}
