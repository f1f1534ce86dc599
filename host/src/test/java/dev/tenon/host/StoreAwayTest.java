package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.audit.AuditEvent.Outcome;
import dev.tenon.core.Refusal;
import dev.tenon.registry.RegistryUnavailableException;
import dev.tenon.registry.ServiceRegistry;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Hosts share a registry, and what they share it through does not answer. Attack: O7. */
class StoreAwayTest {
  private final ServiceRegistry registry = ServiceRegistry.inMemory();

  /** The method of the registry that finds the store away; none while it is there. */
  private final AtomicReference<String> away = new AtomicReference<>("");

  private ServiceRegistry shared() {
    return (ServiceRegistry)
        Proxy.newProxyInstance(
            ServiceRegistry.class.getClassLoader(),
            new Class<?>[] {ServiceRegistry.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals(away.get())) {
                throw new RegistryUnavailableException("the test has taken it away");
              }
              try {
                return method.invoke(registry, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /**
   * A plugin that registers is told to come again, whenever the store is missed; that it was
   * refused is on record, and nothing of it is left. Denies: Registry/Register UNAVAILABLE.
   */
  @Test
  void register_storeDoesNotAnswer_unavailableAndOnRecord() throws Exception {
    try (ControlPlane plane = new ControlPlane(shared())) {
      RawPlugin alpha = plane.launch("alpha").plugin;
      alpha.enrol(NamedEcho.SERVICE);

      for (String missed : new String[] {"check", "register"}) {
        away.set(missed);
        plane.audit.events.clear();

        assertThat(Refused.by(() -> alpha.register(NamedEcho.SERVICE)).is(Refusal.UNAVAILABLE))
            .as(missed)
            .isTrue();

        assertThat(plane.audit.events)
            .anyMatch(
                event ->
                    event.outcome() == Outcome.DENIED
                        && event
                            .details()
                            .containsValue("the store of registrations does not answer"));
        assertThat(registry.registrations()).isEmpty();
      }
      away.set("");
      assertThat(alpha.register(NamedEcho.SERVICE)).hasSize(32);
    }
  }
}
