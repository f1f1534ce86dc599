package dev.tenon.sdk;

import dev.tenon.core.Plugin;
import dev.tenon.core.PluginContext;
import dev.tenon.core.ServiceName;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Makes the services that a plugin provides, with the code of its author. */
final class ProvidedServices {
  private final Plugin plugin;

  ProvidedServices(Plugin plugin) {
    this.plugin = plugin;
  }

  /**
   * Returns all services of the plugin.
   *
   * @throws PluginStartException if a factory fails, or makes another service than declared
   */
  List<ServerServiceDefinition> make(PluginContext context) throws PluginStartException {
    List<ServerServiceDefinition> services = new ArrayList<>();
    for (Map.Entry<ServiceName, Function<PluginContext, BindableService>> provided :
        plugin.services().entrySet()) {
      services.add(make(provided.getKey(), provided.getValue(), context));
    }
    return services;
  }

  private ServerServiceDefinition make(
      ServiceName name, Function<PluginContext, BindableService> factory, PluginContext context)
      throws PluginStartException {
    ServerServiceDefinition service;
    try {
      service = factory.apply(context).bindService();
    } catch (RuntimeException e) {
      throw new PluginStartException(
          "plugin " + plugin.name() + " could not make " + name + ": " + e.getMessage(), e);
    }
    String made = service.getServiceDescriptor().getName();
    if (!made.equals(name.value())) {
      throw new PluginStartException(
          "plugin %s: provides(\"%s\") made %s (expected: %s)"
              .formatted(plugin.name(), name, made, name));
    }
    return service;
  }
}
