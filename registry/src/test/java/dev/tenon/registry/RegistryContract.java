package dev.tenon.registry;

import static dev.tenon.registry.Claims.CLOCK;
import static dev.tenon.registry.Claims.ECHO;
import static dev.tenon.registry.Claims.exclusive;
import static dev.tenon.registry.Claims.run;
import static dev.tenon.registry.Claims.shared;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tenon.core.Annotations;
import dev.tenon.core.Health;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.VersionRange;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What every registry keeps to, alone or shared. Row: RG-5, RG-8, RG-9, RG-10, RG-12, RG-13, RG-15,
 * RG-20, RG-22, RG-25, LC-1, G3, G5.
 */
public abstract class RegistryContract implements Registries {
  private static final RuntimeId A = run("a", 1);
  private static final RuntimeId B = run("b", 2);
  private static final RuntimeId C = run("c", 3);
  private static final ServiceName UNHEARD_OF = new ServiceName("acme.v1.Unheard");

  private ServiceRegistry registry;

  @BeforeEach
  void makeRegistry() throws Exception {
    registry = make();
  }

  private Registration healthy(Registration claim) throws Exception {
    registry.reportHealth(claim.provider(), Health.HEALTHY);
    return registry.register(claim);
  }

  /** The second of two exclusive claims is refused and changes nothing. Row: RG-5, G3. */
  @Test
  void register_exclusiveServiceOfAnother_refusedAndFirstUndisturbed() throws Exception {
    Registration first = healthy(exclusive(A, ECHO));
    registry.reportHealth(B, Health.HEALTHY);

    var refused =
        catchThrowableOfType(
            ServiceTakenException.class, () -> registry.register(exclusive(B, ECHO)));

    assertThat(refused.refusal()).isEqualTo(Refusal.SERVICE_TAKEN);
    assertThat(refused.auditReason()).isEqualTo("held by " + A);
    assertThat(refused.publicText()).doesNotContain(A.value());
    assertThat(registry.registrations()).containsExactly(first);
    assertThat(registry.choose(ECHO)).isEqualTo(first);
    assertThat(registry.registrations(B)).isEmpty();
  }

  @Test
  void register_exclusiveOverShared_refused() throws Exception {
    registry.register(shared(A, ECHO));

    assertThatExceptionOfType(ServiceTakenException.class)
        .isThrownBy(() -> registry.register(exclusive(B, ECHO)));
  }

  @Test
  void register_sharedOverExclusive_refused() throws Exception {
    registry.register(exclusive(A, ECHO));

    assertThatExceptionOfType(ServiceTakenException.class)
        .isThrownBy(() -> registry.register(shared(B, ECHO)));
  }

  /** Shared types allow many. Row: RG-5. */
  @Test
  void register_sharedByTwo_bothInOrder() throws Exception {
    Registration first = registry.register(shared(A, ECHO));
    Registration second = registry.register(shared(B, ECHO));

    assertThat(registry.registrations(ECHO)).containsExactly(first, second);
  }

  @Test
  void register_sameServiceAgain_replacesOwnClaimInPlace() throws Exception {
    registry.register(shared(A, ECHO, "1.0.0"));
    Registration other = registry.register(shared(B, ECHO));

    Registration renewed = registry.register(shared(A, ECHO, "2.0.0"));

    assertThat(registry.registrations()).containsExactly(renewed, other);
  }

  @Test
  void register_ownSharedClaimMadeExclusiveBesideAnother_refused() throws Exception {
    Registration first = registry.register(shared(A, ECHO));
    Registration second = registry.register(shared(B, ECHO));

    assertThatExceptionOfType(ServiceTakenException.class)
        .isThrownBy(() -> registry.register(exclusive(A, ECHO)));
    assertThat(registry.registrations()).containsExactly(first, second);
  }

  @Test
  void register_idOfAnotherRegistration_refused() throws Exception {
    Registration first = registry.register(shared(A, ECHO));
    Registration copy =
        new Registration(
            first.id(), B, CLOCK, first.version(), first.annotations(), first.sharing());

    assertThatIllegalArgumentException()
        .isThrownBy(() -> registry.register(copy))
        .withMessageContaining("registration id");
    assertThat(registry.registrations()).containsExactly(first);
  }

  @Test
  void unregister_ownClaim_removesIt() throws Exception {
    Registration claim = healthy(exclusive(A, ECHO));
    Registration kept = registry.register(exclusive(A, CLOCK));

    assertThat(registry.unregister(A, claim.id())).isEqualTo(claim);

    assertThat(registry.registrations()).containsExactly(kept);
    assertThatExceptionOfType(NoProviderException.class).isThrownBy(() -> registry.choose(ECHO));
  }

  /** Another's id and an unknown id get the same answer; the audit log can tell. Row: RG-8, G5. */
  @Test
  void unregister_notOwnerOrUnknown_sameAnswerToPeer() throws Exception {
    Registration claim = healthy(exclusive(A, ECHO));

    var foreign = refusedUnregister(B, claim.id());
    var unknown = refusedUnregister(B, "f".repeat(32));

    assertThat(RefusalStatus.of(foreign)).hasMessage(RefusalStatus.of(unknown).getMessage());
    assertThat(foreign.refusal()).isEqualTo(Refusal.NOT_FOUND).isEqualTo(unknown.refusal());
    assertThat(foreign.auditReason()).isEqualTo("not the owner");
    assertThat(unknown.auditReason()).isEqualTo("unknown");
    assertThat(registry.choose(ECHO)).isEqualTo(claim);
  }

  private RegistrationNotFoundException refusedUnregister(RuntimeId owner, String id) {
    return catchThrowableOfType(
        RegistrationNotFoundException.class, () -> registry.unregister(owner, id));
  }

  /** Everything of one run goes, and nothing of another. Row: RG-9. */
  @Test
  void remove_provider_dropsItsClaimsAndHealthAlone() throws Exception {
    Registration echo = healthy(shared(A, ECHO));
    Registration clock = registry.register(shared(A, CLOCK));
    Registration other = healthy(shared(B, ECHO));

    assertThat(registry.remove(A)).containsExactly(echo, clock);

    assertThat(registry.registrations()).containsExactly(other);
    assertThat(registry.health(A)).isEmpty();
    assertThat(registry.health(B)).contains(Health.HEALTHY);
    assertThat(registry.remove(A)).isEmpty();
  }

  /** A late clean-up of the old run leaves the new owner's claim alone. Row: RG-9. */
  @Test
  void remove_oldRunTwice_newOwnerUndisturbed() throws Exception {
    healthy(exclusive(A, ECHO));
    registry.remove(A);
    Registration next = healthy(exclusive(run("a", 9), ECHO));

    registry.remove(A);

    assertThat(registry.choose(ECHO)).isEqualTo(next);
  }

  /** No provider, or none in the range, is no discovery. Row: RG-10. */
  @Test
  void discover_noProvider_empty() {
    assertThat(registry.discover(ECHO, VersionRange.ANY)).isEmpty();
  }

  /** One provider is found and said to be single. Row: RG-10. */
  @Test
  void discover_oneProvider_single() throws Exception {
    Registration only = healthy(shared(A, ECHO));

    assertThat(registry.discover(ECHO, VersionRange.ANY)).contains(new Discovery(only, true));
  }

  /** Of three providers the first is found, and it is not single. Row: RG-10. */
  @Test
  void discover_threeProviders_firstAndNotSingle() throws Exception {
    Registration first = healthy(shared(A, ECHO));
    healthy(shared(B, ECHO));
    healthy(shared(C, ECHO));

    assertThat(registry.discover(ECHO, VersionRange.ANY)).contains(new Discovery(first, false));
  }

  @Test
  void discover_othersOutOfRangeOrUnhealthy_single() throws Exception {
    healthy(shared(A, ECHO, "1.0.0"));
    Registration inRange = healthy(shared(B, ECHO, "2.0.0"));
    healthy(shared(C, ECHO, "2.1.0"));
    registry.reportHealth(C, Health.UNHEALTHY);

    assertThat(registry.discover(ECHO, VersionRange.parse(">=2.0.0")))
        .contains(new Discovery(inRange, true));
  }

  /** Versions compare as numbers, and pre-releases only where asked for. Row: RG-12. */
  @ParameterizedTest
  @CsvSource({
    "1.9.0, >=1.9.0, 1.9.0",
    "1.10.0, >=1.9.1, 1.10.0",
    "2.0.0-rc.1, >=2.0.0-rc.0 <3.0.0, 2.0.0-rc.1",
    "10.0.0, >=2.0.0, 10.0.0",
    "any, '', 1.9.0",
    "none, >=10.0.1, none"
  })
  void discover_minimumVersion_comparesByPrecedence(String name, String range, String found)
      throws Exception {
    List<String> versions = List.of("1.9.0", "1.10.0", "2.0.0-rc.1", "10.0.0");
    for (int i = 0; i < versions.size(); i++) {
      healthy(shared(run("p", i), ECHO, versions.get(i)));
    }

    assertThat(registry.discover(ECHO, VersionRange.parse(range)))
        .as(name)
        .map(discovery -> discovery.registration().version().toString())
        .isEqualTo(
            found.equals("none") ? java.util.Optional.empty() : java.util.Optional.of(found));
  }

  /** Not eligible before the first report; then as reported. Row: RG-13, LC-1. */
  @Test
  void choose_healthFlips_answersFollow() throws Exception {
    Registration claim = registry.register(exclusive(A, ECHO));
    assertThat(registry.health(A)).isEmpty();
    assertUnavailable();

    registry.reportHealth(A, Health.HEALTHY);
    assertThat(registry.choose(ECHO)).isEqualTo(claim);
    registry.reportHealth(A, Health.UNHEALTHY);
    assertUnavailable();
    assertThat(registry.health(A)).contains(Health.UNHEALTHY);
    registry.reportHealth(A, Health.DEGRADED);
    assertThat(registry.choose(ECHO)).isEqualTo(claim);
    assertThat(registry.discover(ECHO, VersionRange.ANY)).isPresent();
  }

  private void assertUnavailable() {
    var refused = catchThrowableOfType(NoProviderException.class, () -> registry.choose(ECHO));
    assertThat(refused.refusal()).isEqualTo(Refusal.UNAVAILABLE);
    assertThat(registry.discover(ECHO, VersionRange.ANY)).isEmpty();
  }

  /** A report about one run says nothing of another. Row: LC-1. */
  @Test
  void reportHealth_ofAnother_doesNotMakeEligible() throws Exception {
    registry.register(exclusive(A, ECHO));

    registry.reportHealth(run("a", 2), Health.HEALTHY);

    assertUnavailable();
  }

  @Test
  void reportHealth_beforeRegister_counts() throws Exception {
    registry.reportHealth(A, Health.HEALTHY);

    Registration claim = registry.register(exclusive(A, ECHO));

    assertThat(registry.choose(ECHO)).isEqualTo(claim);
  }

  @Test
  void choose_firstIneligible_nextInOrder() throws Exception {
    Registration first = healthy(shared(A, ECHO));
    Registration second = healthy(shared(B, ECHO));

    registry.reportHealth(A, Health.UNHEALTHY);
    assertThat(registry.choose(ECHO)).isEqualTo(second);
    registry.reportHealth(A, Health.HEALTHY);
    assertThat(registry.choose(ECHO)).isEqualTo(first);
  }

  @Test
  void choose_serviceUnheardOf_unavailable() {
    assertThatExceptionOfType(NoProviderException.class)
        .isThrownBy(() -> registry.choose(UNHEARD_OF));
  }

  @Test
  void choose_namedProvider_thatOne() throws Exception {
    healthy(shared(A, ECHO));
    Registration second = healthy(shared(B, ECHO));

    assertThat(registry.choose(ECHO, B)).isEqualTo(second);
  }

  @Test
  void choose_namedProviderOfOtherServiceOrUnknown_notFound() throws Exception {
    healthy(shared(A, ECHO));
    healthy(shared(B, CLOCK));

    for (RuntimeId provider : List.of(B, C)) {
      var refused =
          catchThrowableOfType(
              ProviderNotFoundException.class, () -> registry.choose(ECHO, provider));
      assertThat(refused.refusal()).isEqualTo(Refusal.NOT_FOUND);
      assertThat(refused.publicText()).isEqualTo(Refusal.NOT_FOUND.text());
    }
  }

  @Test
  void choose_namedProviderIneligible_unavailable() throws Exception {
    healthy(shared(A, ECHO));
    registry.register(shared(B, ECHO));

    assertThatExceptionOfType(NoProviderException.class).isThrownBy(() -> registry.choose(ECHO, B));
  }

  /** Asking changes no choice. Row: RG-15. */
  @Test
  void queries_betweenChoices_changeNothing() throws Exception {
    Registration first = healthy(shared(A, ECHO));
    healthy(shared(B, ECHO));

    for (int i = 0; i < 100; i++) {
      assertThat(registry.registrations(ECHO)).hasSize(2);
      assertThat(registry.discover(ECHO, VersionRange.ANY)).isPresent();
      assertThat(registry.choose(ECHO, B).provider()).isEqualTo(B);
      assertThat(registry.choose(ECHO)).isEqualTo(first);
    }
  }

  /** A plugin's metadata can ask for anything and gets nothing. Row: RG-20. */
  @Test
  void choose_annotationsThatClaimMore_sameChoice() throws Exception {
    Registration first = healthy(shared(A, ECHO));
    Map<String, String> lies =
        Map.of(
            "base_url", "http://127.0.0.1:1/",
            "version", "99.0.0",
            "health", "HEALTHY",
            "provider", A.value(),
            "weight", "1000");
    registry.register(Claims.with(shared(B, ECHO, "1.0.0"), new Annotations(lies)));

    assertThat(registry.choose(ECHO)).isEqualTo(first);
    assertThat(registry.discover(ECHO, VersionRange.parse(">=2.0.0"))).isEmpty();
    assertThatExceptionOfType(NoProviderException.class).isThrownBy(() -> registry.choose(ECHO, B));
  }

  /** Each of a plugin's services is its own registration. Row: RG-22. */
  @Test
  void choose_pluginWithTwoServices_theRequestedOne() throws Exception {
    Registration echo = healthy(exclusive(A, ECHO));
    Registration clock = healthy(exclusive(A, CLOCK));

    for (int i = 0; i < 1000; i++) {
      assertThat(registry.choose(ECHO)).isEqualTo(echo);
      assertThat(registry.choose(CLOCK)).isEqualTo(clock);
    }
    assertThat(registry.choose(CLOCK, A)).isEqualTo(clock);
  }

  /** The lists say what is registered, and are copies. Row: RG-25. */
  @Test
  void registrations_listed_immutableAndFixed() throws Exception {
    Registration echo = registry.register(shared(A, ECHO));
    Registration clock = registry.register(shared(A, CLOCK));
    Registration other = registry.register(shared(B, ECHO));

    List<Registration> all = registry.registrations();
    List<List<Registration>> lists =
        List.of(all, registry.registrations(A), registry.registrations(ECHO));
    registry.remove(A);

    assertThat(lists)
        .containsExactly(List.of(echo, clock, other), List.of(echo, clock), List.of(echo, other));
    assertThat(lists)
        .allSatisfy(
            list ->
                assertThatExceptionOfType(UnsupportedOperationException.class)
                    .isThrownBy(() -> list.remove(0)));
    assertThat(registry.registration(other.id())).contains(other);
    assertThat(registry.registration(echo.id())).isEmpty();
    assertThat(registry.registrations(UNHEARD_OF)).isEmpty();
  }
}
