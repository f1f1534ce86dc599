package dev.tenon.sdk;

import dev.tenon.core.Callback;
import dev.tenon.core.Grant;
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.CompositeCallCredentials;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;

/**
 * Shows the grant of the moment with each call of a service that needs one; a call waits, on no
 * thread, until there is one. What came with the call that is being served goes first. Thread-safe.
 */
final class GrantedCalls implements ClientInterceptor {
  private final HeldGrants grants;

  GrantedCalls(HeldGrants grants) {
    this.grants = grants;
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    String service = method.getServiceName();
    Optional<Callback> callback = Callback.current(service);
    if (callback.isPresent()) {
      return callback.get().showing(next.newCall(method, options));
    }
    if (service == null || !grants.isNeeded(service)) {
      return next.newCall(method, options);
    }
    CallCredentials shown = new Shown(service);
    CallCredentials own = options.getCredentials();
    CallOptions granted =
        options.withCallCredentials(own == null ? shown : new CompositeCallCredentials(own, shown));
    return new SimpleForwardingClientCall<>(next.newCall(method, granted)) {
      @Override
      public void start(Listener<R> listener, Metadata headers) {
        headers.discardAll(Grant.HEADER);
        Runnable closed = grants.opened(service);
        super.start(
            new SimpleForwardingClientCallListener<>(listener) {
              @Override
              public void onClose(Status status, Metadata trailers) {
                closed.run();
                super.onClose(status, trailers);
              }
            },
            headers);
      }
    };
  }

  /** Adds the grant to a call that is about to be sent. */
  private final class Shown extends CallCredentials {
    private final String service;

    Shown(String service) {
      this.service = service;
    }

    @Override
    public void applyRequestMetadata(
        RequestInfo request, Executor executor, MetadataApplier applier) {
      var unused =
          grants
              .of(service)
              .whenComplete(
                  (grant, failure) -> {
                    if (grant == null) {
                      applier.fail(status(failure));
                    } else {
                      Metadata headers = new Metadata();
                      headers.put(Grant.HEADER, grant.exposeForWire());
                      applier.apply(headers);
                    }
                  });
    }

    private Status status(Throwable failure) {
      Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
      Status status = Status.fromThrowable(cause == null ? failure : cause);
      return status.withDescription("no grant of " + service + ": " + status.getDescription());
    }
  }
}
