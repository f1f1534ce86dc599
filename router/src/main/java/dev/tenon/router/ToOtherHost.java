package dev.tenon.router;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RuntimeId;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.Optional;

/**
 * What is different where the provider of a call is the router of another host: it gets to know
 * which run the caller asked for, and by which key, if any; and if it does not know this host, that
 * is no answer to the caller, whose own credentials were good.
 */
final class ToOtherHost implements ClientInterceptor {
  private final Optional<RuntimeId> target;
  private final String key;

  ToOtherHost(Optional<RuntimeId> target, String key) {
    this.target = target;
    this.key = key;
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
      @Override
      public void start(Listener<R> listener, Metadata headers) {
        target.ifPresent(run -> headers.put(MetadataRules.TO, run.value()));
        if (!key.isEmpty()) {
          headers.put(MetadataRules.KEY, key);
        }
        super.start(new Answers<>(listener), headers);
      }
    };
  }

  private static final class Answers<R> extends SimpleForwardingClientCallListener<R> {
    Answers(ClientCall.Listener<R> listener) {
      super(listener);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      boolean isOurs =
          RefusalStatus.ofHost(status, trailers)
              .filter(Refusal.NOT_AUTHENTICATED::equals)
              .isPresent();
      super.onClose(isOurs ? Status.UNAVAILABLE : status, isOurs ? new Metadata() : trailers);
    }
  }
}
