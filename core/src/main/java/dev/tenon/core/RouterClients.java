package dev.tenon.core;

import static java.util.Objects.requireNonNull;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.stub.AbstractStub;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The context of a running plugin: its clients go through the host's router, and only to what it
 * declared. For what runs plugins; authors know the interface. Thread-safe.
 */
public final class RouterClients implements PluginContext {
  private final Supplier<SpiffeId.OfPlugin> self;
  private final DeclaredOnly declared;
  private final Channel router;
  private final Plugin plugin;
  private final Host host;

  /** What a plugin tells and asks its host, besides its calls. Thread-safe. */
  public interface Host {
    /** Takes a report of the plugin's health. */
    void reportHealth(Health health, Reason reason);

    /** Returns the services that the plugin may call and that are there. */
    List<ServiceName> services();

    /** Follows what {@code used} says of a service. */
    ServiceWatch watch(Requirement used, Consumer<ServiceState> told);
  }

  /**
   * Makes the context of {@code plugin}, which runs as {@code self} says at the moment, calls by
   * {@code router}, and asks {@code host}.
   */
  public RouterClients(Supplier<SpiffeId.OfPlugin> self, Plugin plugin, Channel router, Host host) {
    this.plugin = plugin;
    this.host = host;
    this.self = self;
    this.declared = new DeclaredOnly(plugin);
    this.router = plugin.clients().around(ClientInterceptors.intercept(router, declared));
  }

  @Override
  public SpiffeId.OfPlugin self() {
    return self.get();
  }

  @Override
  public <S extends AbstractStub<S>> S client(Function<Channel, S> stub) {
    S client = stub.apply(router);
    DeclaredServices.of(client).ifPresent(service -> declared.check(service.value()));
    return client;
  }

  @Override
  public void reportHealth(Health reported, String reason) {
    host.reportHealth(requireNonNull(reported, "reported"), new Reason(reason));
  }

  @Override
  public List<ServiceName> services() {
    return host.services();
  }

  @Override
  public ServiceWatch watch(String service, Consumer<ServiceState> told) {
    requireNonNull(told, "told");
    ServiceName name = new ServiceName(service);
    declared.check(service);
    return host.watch(requireNonNull(plugin.requirements().get(name), "requirement"), told);
  }

  @Override
  public String toString() {
    return "PluginContext[" + self() + "]";
  }
}
