package dev.tenon.router;

import io.grpc.ClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.Status;

/** What comes back from the provider of one call, by the rules of the router. */
final class Responses<Q, R> extends SimpleForwardingClientCallListener<R> {
  private final RoutedCall<Q, R> routed;
  private final ClientCall<Q, R> call;
  private final CallCounters.Cell counted;

  /**
   * Makes the listener of {@code call}, which takes {@code routed} to its provider.
   *
   * @param listener the caller's
   */
  Responses(
      RoutedCall<Q, R> routed,
      ClientCall<Q, R> call,
      ClientCall.Listener<R> listener,
      CallCounters.Cell counted) {
    super(listener);
    this.routed = routed;
    this.call = call;
    this.counted = counted;
  }

  @Override
  public void onReady() {
    routed.readyBy(call);
    super.onReady();
  }

  @Override
  public void onHeaders(Metadata headers) {
    super.onHeaders(MetadataRules.response(headers));
  }

  @Override
  public void onMessage(R message) {
    if (!routed
        .isEnded()) { // What the provider had sent before the end is served to nobody after it.
      super.onMessage(message);
    }
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    if (!status.isOk()) {
      counted.failed();
    }
    routed.closed(status, trailers);
  }
}
