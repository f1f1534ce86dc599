package dev.tenon.sdk;

import dev.tenon.core.Callback;
import io.grpc.ClientCall;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;

/** A call that cannot be repeated; its refusal renews the identity for the calls after it. */
final class WatchedCall<Q, R> extends SimpleForwardingClientCall<Q, R> {
  private final RetryAfterRenewal retry;
  private final String service;
  private final boolean isCallback;

  WatchedCall(RetryAfterRenewal retry, MethodDescriptor<Q, R> method, ClientCall<Q, R> call) {
    super(call);
    this.retry = retry;
    this.service = String.valueOf(method.getServiceName());
    this.isCallback = Callback.isOf(service);
  }

  @Override
  public void start(Listener<R> listener, Metadata headers) {
    LiveIdentity used = retry.identity().now();
    long startNanos = System.nanoTime();
    super.start(
        new SimpleForwardingClientCallListener<>(listener) {
          @Override
          public void onClose(Status status, Metadata trailers) {
            if (RetryAfterRenewal.isRefusal(status, trailers)) {
              retry.care().refusedForGood(used);
            }
            if (!isCallback && RetryAfterRenewal.isGrantRefusal(status, trailers)) {
              var unused = retry.grants().refused(service, startNanos);
            }
            super.onClose(status, trailers);
          }
        },
        headers);
  }
}
