package dev.tenon.core;

import static java.util.Objects.requireNonNull;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.stub.AbstractStub;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The context of a running plugin: its clients go through the host's router, and only to what it
 * declared. For what runs plugins; authors know the interface. Thread-safe.
 */
public final class RouterClients implements PluginContext {
  private final SpiffeId.OfPlugin self;
  private final DeclaredOnly declared;
  private final Channel router;
  private final BiConsumer<Health, Reason> reports;
  private final Supplier<List<ServiceName>> services;

  /**
   * Makes the context of {@code plugin}, which runs as {@code self}, calls by {@code router}, and
   * whose reports of its health go to {@code reports}; {@code services} asks the host for a list.
   */
  public RouterClients(
      SpiffeId.OfPlugin self,
      Plugin plugin,
      Channel router,
      BiConsumer<Health, Reason> reports,
      Supplier<List<ServiceName>> services) {
    this.reports = reports;
    this.services = services;
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
  public void reportHealth(Health reported, String reason) {
    reports.accept(requireNonNull(reported, "reported"), new Reason(reason));
  }

  @Override
  public List<ServiceName> services() {
    return services.get();
  }

  @Override
  public String toString() {
    return "PluginContext[" + self + "]";
  }
}
