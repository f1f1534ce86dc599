package dev.tenon.registry;

import static dev.tenon.registry.Claims.CLOCK;
import static dev.tenon.registry.Claims.ECHO;
import static dev.tenon.registry.Claims.exclusive;
import static dev.tenon.registry.Claims.run;
import static dev.tenon.registry.Claims.shared;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.tenon.core.Refusal;
import dev.tenon.core.RegistryLimits;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** How many registrations there may be, and that room comes back. */
public abstract class LimitsContract implements Registries {
  private static final RuntimeId A = run("a", 1);
  private static final RuntimeId B = run("b", 2);

  private ServiceRegistry with(int perRun, int perService, int inTotal) throws Exception {
    return make(new RegistryLimits(perRun, perService, inTotal, 1, 1), Map.of(), new Random(1));
  }

  private static ServiceName service(int number) {
    return new ServiceName("acme.v1.S" + number);
  }

  private static void assertRefused(
      ServiceRegistry registry, Registration claim, String auditReason) {
    assertThatExceptionOfType(LimitReachedException.class)
        .isThrownBy(() -> registry.check(claim))
        .satisfies(refused -> assertThat(refused.refusal()).isEqualTo(Refusal.LIMIT_REACHED))
        .satisfies(refused -> assertThat(refused.auditReason()).isEqualTo(auditReason));
    assertThatExceptionOfType(LimitReachedException.class)
        .isThrownBy(() -> registry.register(claim));
  }

  /**
   * 10,000 registrations by one run leave as many as it may have, and others have room. Row: RG-18,
   * G7.
   */
  @Test
  void register_tenThousandByOneRun_countIsBounded() throws Exception {
    ServiceRegistry registry = make();
    int refused = 0;
    for (int i = 0; i < 10_000; i++) {
      try {
        registry.register(exclusive(A, service(i)));
      } catch (LimitReachedException e) {
        refused++;
      }
    }

    assertThat(refused).isEqualTo(9_900);
    assertThat(registry.registrations()).hasSize(100);
    assertThat(registry.registrations(A)).hasSize(100);
    assertThat(registry.register(shared(B, ECHO))).isNotNull();
  }

  /** The same service again and again is one registration. Row: RG-18. */
  @Test
  void register_sameServiceAtTheLimit_replacesOwnClaim() throws Exception {
    ServiceRegistry registry = with(1, 1, 1);
    registry.register(shared(A, ECHO));

    Registration again = registry.register(shared(A, ECHO, "2.0.0"));

    assertThat(registry.registrations()).containsExactly(again);
  }

  /** Room of a run comes back when it unregisters. Row: RG-18. */
  @Test
  void register_beyondRunsLimit_refusedUntilOneGoes() throws Exception {
    ServiceRegistry registry = with(1, 9, 9);
    Registration first = registry.register(shared(A, ECHO));

    assertRefused(registry, shared(A, CLOCK), "limit of 1 registrations of one run");
    registry.unregister(A, first.id());

    assertThat(registry.register(shared(A, CLOCK))).isNotNull();
  }

  /** Room of a service comes back when a provider ends. Row: RG-18. */
  @Test
  void register_beyondServicesLimit_refusedUntilOneGoes() throws Exception {
    ServiceRegistry registry = with(9, 1, 9);
    registry.register(shared(A, ECHO));

    assertRefused(registry, shared(B, ECHO), "limit of 1 registrations of one service");
    registry.remove(A);

    assertThat(registry.register(shared(B, ECHO))).isNotNull();
  }

  /** So does room in the whole registry. Row: RG-18. */
  @Test
  void register_beyondTotal_refusedUntilOneGoes() throws Exception {
    ServiceRegistry registry = with(9, 9, 2);
    registry.register(shared(A, ECHO));
    registry.register(shared(A, CLOCK));

    assertRefused(registry, shared(B, ECHO), "limit of 2 registrations in total");
    registry.remove(A);

    assertThat(registry.register(shared(B, ECHO))).isNotNull();
  }
}
