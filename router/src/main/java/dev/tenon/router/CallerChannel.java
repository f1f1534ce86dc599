package dev.tenon.router;

import dev.tenon.core.Identity;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import org.jspecify.annotations.Nullable;

/** The channel of one caller: whoever holds it calls as that identity. Thread-safe. */
final class CallerChannel extends Channel {
  private final Router router;
  private final KnownCaller caller;
  private final @Nullable UnaryDeadline unaryDeadline;

  /**
   * Makes the channel.
   *
   * @param unaryDeadline of calls that have none; null if they go without
   */
  CallerChannel(Router router, Identity caller, @Nullable UnaryDeadline unaryDeadline) {
    this.router = router;
    this.caller = new KnownCaller(caller);
    this.unaryDeadline = unaryDeadline;
  }

  @Override
  public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
    boolean isUnary = method.getType() == MethodDescriptor.MethodType.UNARY;
    return new RoutedCall<>(router, caller, method, options, isUnary ? unaryDeadline : null);
  }

  @Override
  public String authority() {
    return "router";
  }
}
