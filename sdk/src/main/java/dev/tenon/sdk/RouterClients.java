package dev.tenon.sdk;

import dev.tenon.core.DeclaredServices;
import dev.tenon.core.PluginContext;
import dev.tenon.core.SpiffeId;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.stub.AbstractStub;
import java.util.function.Function;

/** The context of a plugin that runs as a process: its clients go through the host's router. */
final class RouterClients implements PluginContext {
  private final SpiffeId.OfPlugin self;
  private final DeclaredOnly declared;
  private final Channel router;

  /** Makes a context whose calls {@code router} carries. */
  RouterClients(SpiffeId.OfPlugin self, DeclaredOnly declared, Channel router) {
    this.self = self;
    this.declared = declared;
    this.router = ClientInterceptors.intercept(router, declared);
  }

  @Override
  public SpiffeId.OfPlugin self() {
    return self;
  }

  @Override
  public <S extends AbstractStub<S>> S client(Function<Channel, S> stub) {
    S client = stub.apply(router);
    DeclaredServices.of(client).ifPresent(service -> declared.check(service.value()));
    return client;
  }

  @Override
  public String toString() {
    return "PluginContext[" + self + "]";
  }
}
