package dev.tenon.sdk;

import dev.tenon.core.DeclaredServices;
import dev.tenon.core.Health;
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
  private final OwnHealth health;

  /** Makes a context whose calls {@code router} carries, and whose reports {@code health} keeps. */
  RouterClients(SpiffeId.OfPlugin self, DeclaredOnly declared, Channel router, OwnHealth health) {
    this.health = health;
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
  public void reportHealth(Health reported, String reason) {
    health.report(reported, reason);
  }

  @Override
  public String toString() {
    return "PluginContext[" + self + "]";
  }
}
