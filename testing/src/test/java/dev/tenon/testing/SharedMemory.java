package dev.tenon.testing;

import dev.tenon.core.Health;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.registry.HostClaims;
import dev.tenon.registry.LimitReachedException;
import dev.tenon.registry.LocalRegistry;
import dev.tenon.registry.OtherHost;
import dev.tenon.registry.Registration;
import dev.tenon.registry.RegistryStore;
import dev.tenon.registry.SharedRegistry;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A store of registrations in the memory of the test, in which every host sees a change at once.
 */
final class SharedMemory implements RegistryStore {
  private static final Set<String> CHANGES =
      Set.of("register", "unregister", "remove", "takeOver", "reportHealth");

  /** Guards `hosts`, and orders what is told. */
  private final Object lock = new Object();

  private final Map<SpiffeId.OfHost, Host> hosts = new LinkedHashMap<>();

  private static final class Host {
    private final LocalRegistry local;
    private volatile String endpoint = "";

    Host(LocalRegistry local) {
      this.local = local;
    }
  }

  @Override
  public SharedRegistry open(LocalRegistry local, SpiffeId.OfHost self) {
    Host host = new Host(local);
    synchronized (lock) {
      hosts.put(self, host);
      hosts.keySet().forEach(this::tell);
    }
    return (SharedRegistry)
        Proxy.newProxyInstance(
            SharedRegistry.class.getClassLoader(),
            new Class<?>[] {SharedRegistry.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("announce")) {
                host.endpoint = (String) arguments[0];
              } else if (method.getName().equals("close")) {
                close(self);
                return null;
              } else {
                Object result = invoke(local, method, arguments);
                if (!CHANGES.contains(method.getName())) {
                  return result;
                }
                tellOf(self);
                return result;
              }
              tellOf(self);
              return null;
            });
  }

  private static Object invoke(LocalRegistry local, Method method, Object[] arguments)
      throws Throwable {
    try {
      return method.invoke(local, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private void close(SpiffeId.OfHost self) {
    synchronized (lock) {
      hosts.remove(self);
      hosts.values().forEach(other -> other.local.remove(self));
    }
  }

  private void tellOf(SpiffeId.OfHost self) {
    synchronized (lock) {
      tell(self);
    }
  }

  /** Tells all other hosts what {@code self} has now. */
  private void tell(SpiffeId.OfHost self) {
    Host host = hosts.get(self);
    if (host == null || host.endpoint.isEmpty()) {
      return;
    }
    List<Registration> own =
        host.local.registrations().stream()
            .filter(claim -> host.local.behind(claim.provider()).isEmpty())
            .toList();
    Map<RuntimeId, Health> health = new HashMap<>();
    own.forEach(
        claim ->
            host.local
                .health(claim.provider())
                .ifPresent(report -> health.put(claim.provider(), report)));
    HostClaims claims = new HostClaims(new OtherHost(self, host.endpoint), own, health);
    hosts.forEach(
        (id, other) -> {
          if (!id.equals(self)) {
            put(other.local, claims);
          }
        });
  }

  private static void put(LocalRegistry local, HostClaims claims) {
    try {
      local.put(claims);
    } catch (LimitReachedException e) {
      throw new AssertionError(e);
    }
  }
}
