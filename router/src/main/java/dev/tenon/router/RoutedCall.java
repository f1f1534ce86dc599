package dev.tenon.router;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.ForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * A call that came in on a {@link CallerChannel}, and goes to its provider's channel with the
 * metadata rules around it. A refused call ends before {@link #start} returns.
 */
final class RoutedCall<Q, R> extends ForwardingClientCall<Q, R> {
  private final Router router;
  private final MethodDescriptor<Q, R> method;
  private final CallOptions options;
  private final Life life;
  private final ProviderStatus providerStatus;
  private volatile ClientCall<Q, R> delegate = new NoCall<>(Status.INTERNAL);
  private volatile @Nullable PendingCall<Q, R> pending;

  RoutedCall(
      Router router, KnownCaller caller, MethodDescriptor<Q, R> method, CallOptions options) {
    this.router = router;
    this.method = method;
    this.options = options;
    this.life = new Life(caller);
    this.providerStatus = new ProviderStatus(life::isCancelledHere, life::streamClosed);
  }

  @Override
  protected ClientCall<Q, R> delegate() {
    return delegate;
  }

  @Override
  public void start(Listener<R> listener, Metadata headers) {
    life.start(listener, headers);
  }

  @Override
  public void cancel(@Nullable String message, @Nullable Throwable cause) {
    if (life.cancel()) {
      delegate.cancel(message, cause);
    }
  }

  /*
   * grpc-java does not allow messages after a cancellation. A caller that cancels knows; one whose
   * call is ended here may be sending.
   */
  @Override
  public void sendMessage(Q message) {
    try {
      delegate.sendMessage(message);
    } catch (IllegalStateException e) {
      requireEnded(e);
    }
  }

  @Override
  public void halfClose() {
    try {
      delegate.halfClose();
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

  private ClientCall<Q, R> newCall(Route chosen) {
    if (chosen.backend() instanceof Backend.OfProcess inside) {
      ServerMethodDefinition<?, ?> served = inside.services().method(method);
      if (served != null) {
        ClientCall<Q, R> call =
            new DirectCall<>(
                inside.services(),
                method,
                served,
                life.side,
                life.known().context(),
                providerStatus);
        return CappedCall.of(call, method, router.maxMessageBytes(life.known(), chosen), life);
      }
    }
    return router.newCall(life, chosen, method, ForwardedOptions.of(options), providerStatus);
  }

  private void relay(Route chosen, Listener<R> listener, Metadata headers) {
    chosen.counted().started();
    ClientCall<Q, R> call = newCall(chosen);
    Responses<Q, R> responses = new Responses<>(this, call, listener, chosen.counted());
    PendingCall<Q, R> waited = pending;
    if (waited == null) {
      delegate = call;
    }
    Metadata forwarded = MetadataRules.request(headers, life.known().stamp());
    chosen.stamp(forwarded);
    call.start(responses, forwarded);
    if (waited != null) {
      waited.passTo(call);
    }
  }

  /** The call's life, whose caller uses a channel. */
  private final class Life extends OpenCall {
    private volatile ChannelCaller side = new ChannelCaller(options, Context.ROOT);
    private volatile Listener<R> listener = new Listener<>() {};
    private volatile Metadata headers = new Metadata();

    Life(KnownCaller caller) {
      super(router, caller);
    }

    void start(Listener<R> listener, Metadata headers) {
      this.side = new ChannelCaller(options, Context.current());
      this.listener = listener;
      this.headers = headers;
      enter();
    }

    @Override
    CallSite site() {
      return known().atMethod(method.getFullMethodName());
    }

    @Override
    Metadata headers() {
      return headers;
    }

    @Override
    @Nullable ServerServiceDefinition offered() {
      return options.getOption(CallbackOffer.OFFERED);
    }

    @Override
    long arrivedNanos() {
      return System.nanoTime();
    }

    @Override
    boolean isOfWire() {
      return false;
    }

    @Override
    CallerSide side() {
      return side;
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
    void relay(Route chosen) {
      RoutedCall.this.relay(chosen, listener, headers);
    }

    @Override
    void cancelRelayed(String why) {
      delegate.cancel(why, /* cause= */ null);
    }

    @Override
    void tell(ProviderStatus.End end) {
      listener.onClose(end.status(), end.trailers());
    }
  }
}
