package dev.tenon.registry;

import static dev.tenon.registry.Claims.CLOCK;
import static dev.tenon.registry.Claims.ECHO;
import static dev.tenon.registry.Claims.exclusive;
import static dev.tenon.registry.Claims.run;
import static dev.tenon.registry.Claims.shared;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.core.Health;
import dev.tenon.core.RegistryLimits;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.Selection;
import dev.tenon.core.ServiceName;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.core.VersionRange;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Providers behind other hosts, among those of this one. */
class OtherHostsTest {
  private static final OtherHost B = host("host-b");
  private static final OtherHost C = host("host-c");
  private static final RuntimeId OWN = run("words", 1);
  private static final RuntimeId THEIRS = run("words", 2);
  private static final RuntimeId WATCHER = run("watcher", 3);

  private final LocalRegistry registry = Claims.registry();

  private static OtherHost host(String name) {
    return new OtherHost(
        new SpiffeId.OfHost(new TrustDomain("acme.example"), name), "tcp:127.0.0.1:7070");
  }

  private static HostClaims claims(OtherHost host, Health health, Registration... claims) {
    return new HostClaims(
        host,
        List.of(claims),
        List.of(claims).stream()
            .collect(Collectors.toMap(Registration::provider, any -> health, (one, same) -> one)));
  }

  @BeforeEach
  void believeAll() {
    registry.believe((host, claim) -> true);
  }

  @Test
  void choose_providerBehindOtherHost_isChosenAndItsHostIsKnown() throws Exception {
    Registration theirs = shared(THEIRS, ECHO);

    registry.put(claims(B, Health.HEALTHY, theirs));

    assertThat(registry.choose(ECHO)).isEqualTo(theirs);
    assertThat(registry.choose(ECHO, THEIRS)).isEqualTo(theirs);
    assertThat(registry.behind(THEIRS)).contains(B);
    assertThat(registry.health(THEIRS)).contains(Health.HEALTHY);
    assertThat(registry.discover(ECHO, VersionRange.ANY)).contains(new Discovery(theirs, true));
    assertThat(registry.registrations()).containsExactly(theirs);
    assertThat(registry.registrations(ECHO)).containsExactly(theirs);
    assertThat(registry.registrations(THEIRS)).containsExactly(theirs);
    assertThat(registry.registration(theirs.id())).contains(theirs);
  }

  @Test
  void choose_ownProviderEligible_winsUntilItIsNot() throws Exception {
    Registration theirs = shared(THEIRS, ECHO);
    registry.put(claims(B, Health.HEALTHY, theirs));
    Registration own = registry.register(shared(OWN, ECHO));

    registry.reportHealth(OWN, Health.HEALTHY);
    assertThat(registry.choose(ECHO)).isEqualTo(own);
    registry.reportHealth(OWN, Health.UNHEALTHY);
    assertThat(registry.choose(ECHO)).isEqualTo(theirs);
    assertThat(registry.behind(OWN)).isEmpty();
  }

  @Test
  void choose_inTurn_sharesAmongAllHosts() throws Exception {
    LocalRegistry inTurn =
        new InMemoryRegistry(
            RegistryLimits.DEFAULT, Map.of(ECHO, Selection.Plain.ROUND_ROBIN), new Random(1));
    inTurn.believe((host, claim) -> true);
    inTurn.put(claims(B, Health.HEALTHY, shared(THEIRS, ECHO)));
    inTurn.put(claims(C, Health.HEALTHY, shared(run("words", 9), ECHO)));
    inTurn.register(shared(OWN, ECHO));
    inTurn.reportHealth(OWN, Health.HEALTHY);

    Map<RuntimeId, Long> calls =
        IntStream.range(0, 30)
            .mapToObj(call -> chosen(inTurn, ECHO))
            .collect(Collectors.groupingBy(run -> run, Collectors.counting()));

    assertThat(calls.values()).containsExactly(10L, 10L, 10L);
  }

  private static RuntimeId chosen(ServiceRegistry registry, ServiceName service) {
    try {
      return registry.choose(service).provider();
    } catch (NoProviderException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void chooseOwn_onlyOtherHostProvides_findsNone() throws Exception {
    registry.put(claims(B, Health.HEALTHY, shared(THEIRS, ECHO)));

    assertThatThrownBy(() -> registry.chooseOwn(ECHO)).isInstanceOf(NoProviderException.class);
    Registration own = registry.register(shared(OWN, ECHO));
    registry.reportHealth(OWN, Health.HEALTHY);
    assertThat(registry.chooseOwn(ECHO)).isEqualTo(own);
  }

  @Test
  void put_again_replacesAllThatTheHostSaidBefore() throws Exception {
    Registration clock = shared(THEIRS, CLOCK);
    registry.put(claims(B, Health.HEALTHY, shared(THEIRS, ECHO)));
    registry.put(claims(C, Health.HEALTHY, shared(run("other", 4), ECHO)));

    registry.put(claims(B, Health.DEGRADED, clock));

    assertThat(registry.registrations(THEIRS)).containsExactly(clock);
    assertThat(registry.health(THEIRS)).contains(Health.DEGRADED);
    assertThat(registry.registrations(ECHO)).hasSize(1);
    registry.put(HostClaims.none(B));
    assertThat(registry.registrations(THEIRS)).isEmpty();
    registry.remove(C.id());
    assertThat(registry.registrations()).isEmpty();
    assertThat(registry.behind(THEIRS)).isEmpty();
  }

  @Test
  void put_withoutHealthOrUnhealthy_isListedAndNotChosen() throws Exception {
    registry.put(new HostClaims(B, List.of(shared(THEIRS, ECHO)), Map.of()));
    assertThatThrownBy(() -> registry.choose(ECHO)).isInstanceOf(NoProviderException.class);

    registry.put(claims(B, Health.UNHEALTHY, shared(THEIRS, ECHO)));

    assertThatThrownBy(() -> registry.choose(ECHO, THEIRS)).isInstanceOf(NoProviderException.class);
    assertThat(registry.registrations(ECHO)).hasSize(1);
  }

  @Test
  void put_beforeAnyRule_isNotBelieved() throws Exception {
    LocalRegistry fresh = Claims.registry();

    fresh.put(claims(B, Health.HEALTHY, shared(THEIRS, ECHO)));

    assertThat(fresh.registrations()).isEmpty();
    assertThat(fresh.behind(THEIRS)).isEmpty();
  }

  @Test
  void believe_anotherRule_takesBackWhatWasBelieved() throws Exception {
    registry.put(claims(B, Health.HEALTHY, shared(THEIRS, ECHO), shared(THEIRS, CLOCK)));
    AtomicInteger told = new AtomicInteger();
    Watch watch = registry.watch(WATCHER, ECHO, VersionRange.ANY, told::incrementAndGet);
    assertThat(watch.next()).isPresent();

    registry.believe((host, claim) -> host.equals(B.id()) && claim.service().equals(CLOCK));

    assertThat(registry.registrations(THEIRS))
        .extracting(Registration::service)
        .containsExactly(CLOCK);
    assertThat(told).hasPositiveValue();
    assertThat(watch.next()).contains(Availability.NONE);
  }

  @Test
  void watch_otherHostComesAndGoes_seesBoth() throws Exception {
    AtomicInteger told = new AtomicInteger();
    Watch watch = registry.watch(WATCHER, ECHO, VersionRange.ANY, told::incrementAndGet);
    assertThat(watch.next()).contains(Availability.NONE);

    registry.put(claims(B, Health.HEALTHY, shared(THEIRS, ECHO)));
    assertThat(watch.next()).map(Availability::state).contains(Availability.State.AVAILABLE);
    registry.remove(B.id());
    assertThat(watch.next()).contains(Availability.NONE);
    assertThat(told).hasValue(2);
  }

  @Test
  void discoverWithin_otherHostComes_ends() throws Exception {
    ManualTimer timer = new ManualTimer();
    var found = registry.discoverWithin(ECHO, VersionRange.ANY, Duration.ofSeconds(5), timer);
    assertThat(found).isNotDone();

    registry.put(claims(B, Health.HEALTHY, shared(THEIRS, ECHO)));

    assertThat(found.getNow(Optional.empty())).isPresent();
  }

  @Test
  void register_whatOtherHostHoldsExclusively_isTaken() throws Exception {
    registry.put(claims(B, Health.HEALTHY, exclusive(THEIRS, ECHO)));

    assertThatThrownBy(() -> registry.register(shared(OWN, ECHO)))
        .isInstanceOf(ServiceTakenException.class);
    registry.standBy(OWN); // of a plugin of the same name, but another host's is no predecessor
    assertThatThrownBy(() -> registry.register(exclusive(OWN, ECHO)))
        .isInstanceOf(ServiceTakenException.class);
  }

  @Test
  void choose_ownClaimExcludesTheirs_theirsTakesNoCalls() throws Exception {
    registry.register(exclusive(OWN, ECHO)); // and cannot serve now
    registry.put(claims(B, Health.HEALTHY, shared(THEIRS, ECHO)));

    assertThatThrownBy(() -> registry.choose(ECHO)).isInstanceOf(NoProviderException.class);
    assertThatThrownBy(() -> registry.choose(ECHO, THEIRS)).isInstanceOf(NoProviderException.class);
    registry.remove(OWN);
    assertThat(registry.choose(ECHO).provider()).isEqualTo(THEIRS);
  }

  @Test
  void put_runtimeIdOfOwnRun_isNotBelieved() throws Exception {
    registry.reportHealth(OWN, Health.HEALTHY); // before it claims anything
    registry.put(claims(B, Health.HEALTHY, shared(OWN, ECHO)));

    assertThat(registry.behind(OWN)).isEmpty();
    assertThat(registry.registrations()).isEmpty();
  }

  /** A run that turns out to be an own one takes its id back, before it claims anything. */
  @Test
  void reportHealth_ofRunThatAnotherHostClaims_takesItFromThere() throws Exception {
    Registration said = shared(OWN, ECHO);
    registry.put(claims(B, Health.HEALTHY, said));
    assertThat(registry.choose(ECHO)).isEqualTo(said);

    registry.reportHealth(OWN, Health.HEALTHY);

    assertThat(registry.behind(OWN)).isEmpty();
    assertThat(registry.registrations(ECHO)).isEmpty();
    assertThatThrownBy(() -> registry.choose(ECHO)).isInstanceOf(NoProviderException.class);
    registry.remove(OWN);
    assertThat(registry.choose(ECHO)).isEqualTo(said);
  }

  @Test
  void put_runtimeIdOfAnotherHost_staysWithTheFirst() throws Exception {
    registry.put(claims(B, Health.HEALTHY, shared(THEIRS, ECHO)));

    registry.put(claims(C, Health.HEALTHY, shared(THEIRS, CLOCK)));

    assertThat(registry.behind(THEIRS)).contains(B);
    assertThat(registry.registrations(CLOCK)).isEmpty();
  }

  @Test
  void changesOfOwnRuns_concernNoneOfOtherHosts() throws Exception {
    Registration theirs = shared(THEIRS, ECHO);
    registry.put(claims(B, Health.HEALTHY, theirs));

    registry.remove(THEIRS);
    assertThatThrownBy(() -> registry.unregister(THEIRS, theirs.id()))
        .isInstanceOf(RegistrationNotFoundException.class);
    registry.standBy(OWN);
    registry.register(shared(OWN, ECHO));
    assertThat(registry.takeOver(Set.of(OWN))).isTrue(); // of runs of one plugin, here

    assertThat(registry.registrations(THEIRS)).containsExactly(theirs);
    assertThat(registry.choose(ECHO)).isEqualTo(theirs);
  }

  @Test
  void put_moreThanTheRegistryKeeps_changesNothing() throws Exception {
    LocalRegistry small =
        new InMemoryRegistry(new RegistryLimits(1, 1, 1, 1, 1), Map.of(), new Random(1));
    small.believe((host, claim) -> true);
    small.register(shared(OWN, ECHO));
    Registration theirs = shared(THEIRS, ECHO);
    small.put(claims(B, Health.HEALTHY, theirs));

    assertThatThrownBy(() -> small.put(claims(C, Health.HEALTHY, shared(run("words", 9), ECHO))))
        .isInstanceOf(LimitReachedException.class);
    assertThat(small.registrations()).hasSize(2).contains(theirs);
  }

  @Test
  void put_manyThatNobodyBelieves_takeNoRoom() throws Exception {
    LocalRegistry small =
        new InMemoryRegistry(new RegistryLimits(1, 1, 1, 1, 1), Map.of(), new Random(1));
    small.believe((host, claim) -> host.equals(C.id()));
    small.put(claims(B, Health.HEALTHY, shared(THEIRS, ECHO), shared(THEIRS, CLOCK)));
    Registration good = shared(run("words", 9), ECHO);

    small.put(claims(C, Health.HEALTHY, good));

    assertThat(small.registrations()).containsExactly(good);
  }

  /** A rule that believes more than there is room for lets in who was heard of first. */
  @Test
  void believe_moreThanTheRegistryKeeps_noMoreStandAndRoomIsUsed() throws Exception {
    LocalRegistry small =
        new InMemoryRegistry(new RegistryLimits(1, 1, 1, 1, 1), Map.of(), new Random(1));
    Registration first = shared(THEIRS, ECHO);
    Registration next = shared(run("words", 9), ECHO);
    small.put(claims(B, Health.HEALTHY, first));
    small.put(claims(C, Health.HEALTHY, next));

    small.believe((host, claim) -> true);

    assertThat(small.registrations()).containsExactly(first);
    small.remove(B.id());
    assertThat(small.registrations()).containsExactly(next);
  }

  @Test
  void otherHost_endpointOfAnotherForm_isRefused() {
    for (String endpoint :
        List.of("", "http://10.0.0.1:80", "tcp:10.0.0.1", "unix:relative", "tcp:a:0", "tcp:A:1")) {
      assertThatThrownBy(() -> new OtherHost(B.id(), endpoint))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(new OtherHost(B.id(), "tcp:[::1]:7070").endpoint()).isEqualTo("tcp:[::1]:7070");
  }

  @Test
  void hostClaims_givenTwice_isRefused() {
    Registration claim = shared(THEIRS, ECHO);
    assertThatThrownBy(() -> claims(B, Health.HEALTHY, claim, claim))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> claims(B, Health.HEALTHY, claim, shared(THEIRS, ECHO)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
