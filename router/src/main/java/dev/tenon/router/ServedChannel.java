package dev.tenon.router;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * The channel of a provider, for one call that came as frames: what comes back is by the rules of
 * the router. Thread-safe.
 */
final class ServedChannel extends Channel {
  private final WiredCall routed;
  private final Route route;

  ServedChannel(WiredCall routed, Route route) {
    this.routed = routed;
    this.route = route;
  }

  @Override
  public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
    ProviderStatus watch = new ProviderStatus(routed::isCancelledHere, routed::streamClosed);
    ClientCall<Q, R> call = routed.router().newCall(routed, route, method, options, watch);
    return new SimpleForwardingClientCall<>(call) {
      @Override
      public void start(Listener<R> listener, Metadata headers) {
        super.start(new Back<>(listener, watch), headers);
      }
    };
  }

  @Override
  public @Nullable String authority() {
    return route.channel().authority();
  }

  private final class Back<R> extends SimpleForwardingClientCallListener<R> {
    private final ProviderStatus watch;

    Back(ClientCall.Listener<R> listener, ProviderStatus watch) {
      super(listener);
      this.watch = watch;
    }

    @Override
    public void onHeaders(Metadata headers) {
      super.onHeaders(MetadataRules.response(headers));
    }

    @Override
    public void onMessage(R message) {
      if (!routed.isEnded()) {
        super.onMessage(message);
      }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      ProviderStatus.End end = watch.end(status, trailers);
      routed.visits().ended(status, watch.isProviders(status), watch.isAnswered());
      routed.saidAtTheEnd(status);
      super.onClose(end.status(), end.trailers());
    }
  }
}
