package dev.tenon.router;

import dev.tenon.core.Identity;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;

/** The channel of one caller: whoever holds it calls as that identity. Thread-safe. */
final class CallerChannel extends Channel {
  private final Router router;
  private final KnownCaller caller;

  CallerChannel(Router router, Identity caller) {
    this.router = router;
    this.caller = new KnownCaller(caller);
  }

  @Override
  public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
    return new RoutedCall<>(router, caller, method, options);
  }

  @Override
  public String authority() {
    return "router";
  }
}
