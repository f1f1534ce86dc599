package dev.tenon.router;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** A call that goes nowhere: it ends as soon as it starts, and everything else has no effect. */
final class NoCall<Q, R> extends ClientCall<Q, R> {
  private final Status end;

  NoCall(Status end) {
    this.end = end;
  }

  @Override
  public void start(Listener<R> listener, Metadata headers) {
    listener.onClose(end, new Metadata());
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
