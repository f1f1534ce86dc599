package dev.tenon.router;

import dev.tenon.core.ServiceName;
import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;

/** Brings a service along with calls of the host, for their providers to call back. Thread-safe. */
public final class CallbackOffer implements ClientInterceptor {
  static final CallOptions.Key<ServerServiceDefinition> OFFERED =
      CallOptions.Key.create("tenon-callback");

  private final ServerServiceDefinition service;

  /** Makes the offer of {@code service}. */
  public CallbackOffer(BindableService service) {
    this.service = service.bindService();
  }

  /** Returns the name of the service. */
  public ServiceName service() {
    return name(service);
  }

  static ServiceName name(ServerServiceDefinition service) {
    return new ServiceName(service.getServiceDescriptor().getName());
  }

  /**
   * Offers the service with the call.
   *
   * @throws IllegalStateException if another one is offered with it already
   */
  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    if (options.getOption(OFFERED) != null) {
      throw new IllegalStateException("callback: two (expected: one a call)");
    }
    return next.newCall(method, options.withOption(OFFERED, service));
  }
}
