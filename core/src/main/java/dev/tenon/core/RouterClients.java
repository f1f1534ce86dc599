package dev.tenon.core;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.stub.AbstractStub;
import java.util.function.Function;

/**
 * The context of a running plugin: its clients go through the host's router, and only to what it
 * declared. For what runs plugins; authors know the interface. Thread-safe.
 */
public final class RouterClients implements PluginContext {
  private final SpiffeId.OfPlugin self;
  private final DeclaredOnly declared;
  private final Channel router;

  /**
   * Makes the context of {@code plugin}, which runs as {@code self} and calls by {@code router}.
   */
  public RouterClients(SpiffeId.OfPlugin self, Plugin plugin, Channel router) {
    this.self = self;
    this.declared = new DeclaredOnly(plugin);
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
