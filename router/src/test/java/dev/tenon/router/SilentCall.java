package dev.tenon.router;

import io.grpc.ClientCall;
import org.jspecify.annotations.Nullable;

/** A provider's call that does nothing with what it is given; a test plays its listener. */
abstract class SilentCall<Q, R> extends ClientCall<Q, R> {
  @Override
  public void request(int messages) {}

  @Override
  public void cancel(@Nullable String message, @Nullable Throwable cause) {}

  @Override
  public void halfClose() {}

  @Override
  public void sendMessage(Q message) {}
}
