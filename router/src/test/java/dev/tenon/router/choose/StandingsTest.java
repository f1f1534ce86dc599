package dev.tenon.router.choose;

import static dev.tenon.router.choose.Outcome.ANSWERED;
import static dev.tenon.router.choose.Outcome.BROKEN;
import static dev.tenon.router.choose.Outcome.FAILED;
import static dev.tenon.router.choose.Outcome.NOTHING;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Annotations;
import dev.tenon.core.BreakerPolicy;
import dev.tenon.core.BreakerState;
import dev.tenon.core.EjectionPolicy;
import dev.tenon.core.PluginName;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import dev.tenon.core.Version;
import dev.tenon.registry.Registration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StandingsTest {
  private static final EjectionPolicy USUAL = EjectionPolicy.DEFAULT;

  private final Ticks ticks = new Ticks();
  private final List<String> told = new ArrayList<>();
  private final Standings standings = standings(BreakerPolicy.DEFAULT, USUAL);

  private Standings standings(BreakerPolicy breakers, EjectionPolicy ejections) {
    return new Standings(
        breakers,
        ejections,
        ticks,
        (provider, before, now) -> told.add(provider.plugin() + ": " + now));
  }

  private static List<Registration> claims(int count) {
    return IntStream.range(0, count).mapToObj(StandingsTest::claim).toList();
  }

  private static Registration claim(int number) {
    return new Registration(
        String.format("%032x", number),
        RuntimeId.of(new PluginName("p" + number), number),
        new ServiceName("acme.v1.Echo"),
        new Version("1.0.0"),
        Annotations.NONE,
        Sharing.SHARED);
  }

  private void calls(Registration claim, int count, Outcome outcome) {
    Standing standing = standings.of(claim.provider());
    for (int i = 0; i < count; i++) {
      int ticket = standing.enter();
      assertThat(ticket).isNotEqualTo(Standing.REFUSED);
      standing.ended(ticket, outcome);
    }
  }

  @Test
  void fit_nothingWrong_sameList() {
    List<Registration> all = claims(3);
    assertThat(standings.fit(all)).isSameAs(all);

    calls(all.get(0), 100, ANSWERED);
    calls(all.get(1), 4, BROKEN);

    assertThat(standings.fit(all)).isSameAs(all);
  }

  /** Calls go around whoever fails, and back once its time is over. Attack: G16. */
  @Test
  void fit_oneFailsInARow_leftOutForItsTime() {
    List<Registration> all = claims(3);

    calls(all.get(1), USUAL.consecutive(), BROKEN);

    assertThat(standings.fit(all)).containsExactly(all.get(0), all.get(2));
    assertThat(standings.isEjected(all.get(1).provider())).isTrue();
    ticks.pass(USUAL.base().minusNanos(1));
    assertThat(standings.fit(all)).hasSize(2);
    ticks.pass(Duration.ofNanos(1));
    assertThat(standings.fit(all)).isSameAs(all);
    assertThat(standings.isEjected(all.get(1).provider())).isFalse();
  }

  /** Errors between answers count too, if they are as many. Attack: G16. */
  @Test
  void fit_halfOfManyFail_leftOut() {
    List<Registration> all = claims(2);
    for (int i = 0; i < 9; i++) {
      calls(all.get(0), 1, BROKEN);
      calls(all.get(0), 1, ANSWERED);
    }
    calls(all.get(0), 1, BROKEN);
    assertThat(standings.fit(all)).isSameAs(all); // 10 of 19: too few to tell

    calls(all.get(0), 1, BROKEN);

    assertThat(standings.fit(all)).containsExactly(all.get(1));
  }

  @Test
  void fit_failuresOfLongAgo_countNoMore() {
    List<Registration> all = claims(2);
    for (int i = 0; i < 9; i++) {
      calls(all.get(0), 1, BROKEN);
      calls(all.get(0), 1, ANSWERED);
    }
    ticks.pass(USUAL.window().plusNanos(1));

    calls(all.get(0), 3, BROKEN);

    assertThat(standings.fit(all)).isSameAs(all);
  }

  /** Less than half of them failing is no outlier. */
  @Test
  void fit_fewOfManyFail_stays() {
    List<Registration> all = claims(2);
    for (int i = 0; i < 200; i++) {
      calls(all.get(0), 1, BROKEN);
      calls(all.get(0), 2, ANSWERED);
    }

    assertThat(standings.fit(all)).isSameAs(all);
  }

  /** At most half, whoever fails, and of one alone none. Attack: G16. */
  @Test
  void fit_allFail_atMostHalfLeftOutAndNeverTheLast() {
    for (int count = 1; count <= 7; count++) {
      List<Registration> all = claims(count);
      all.forEach(claim -> calls(claim, 20, BROKEN));

      assertThat(standings.fit(all)).as("of %s", count).hasSize(count - count / 2);
    }
  }

  /** Who is out for longest stays out; the others come back first. */
  @Test
  void fit_moreThanHalfFail_shortestEjectedComesBack() {
    List<Registration> all = claims(3);
    calls(all.get(0), 5, BROKEN);
    ticks.pass(Duration.ofSeconds(1));
    calls(all.get(2), 5, BROKEN);

    assertThat(standings.fit(all)).containsExactly(all.get(0), all.get(1));
  }

  /** The next time that follows is twice as long, up to a limit, and after a long good time not. */
  @Test
  void isEjected_againSoon_twiceAsLongUpToTheMost() {
    Registration claim = claim(1);
    for (int seconds : new int[] {10, 20, 40, 80, 160, 300, 300}) {
      calls(claim, 5, BROKEN);
      ticks.pass(Duration.ofSeconds(seconds).minusNanos(1));
      assertThat(standings.isEjected(claim.provider())).isTrue();
      ticks.pass(Duration.ofNanos(1));
      assertThat(standings.isEjected(claim.provider())).isFalse();
    }
    ticks.pass(USUAL.most().plusNanos(1));

    calls(claim, 5, BROKEN);

    ticks.pass(USUAL.base());
    assertThat(standings.isEjected(claim.provider())).isFalse();
  }

  @Test
  void isEjected_moreFailuresMeanwhile_notLonger() {
    Registration claim = claim(1);
    calls(claim, 5, BROKEN);
    ticks.pass(USUAL.base().minusNanos(1));

    calls(claim, 50, BROKEN);

    ticks.pass(Duration.ofNanos(1));
    assertThat(standings.isEjected(claim.provider())).isFalse();
  }

  @Test
  void isEjected_callsThatSayNothing_no() {
    Registration claim = claim(1);

    calls(claim, 1000, NOTHING);

    assertThat(standings.isEjected(claim.provider())).isFalse();
  }

  @Test
  void isEjected_policyNever_no() {
    Standings never = standings(BreakerPolicy.DEFAULT, EjectionPolicy.NEVER);
    Standing standing = never.of(claim(1).provider());
    for (int i = 0; i < 1000; i++) {
      standing.ended(standing.enter(), BROKEN);
    }

    assertThat(never.isEjected(claim(1).provider())).isFalse();
  }

  /** An open breaker is left out whatever the share, and ejection leaves the last. Row: CI-2. */
  @Test
  void fit_breakersOpen_leftOutAndEjectionSparesTheLast() {
    List<Registration> all = claims(4);
    calls(all.get(0), 5, FAILED);
    calls(all.get(1), 5, FAILED);
    calls(all.get(2), 5, FAILED);
    assertThat(standings.fit(all)).containsExactly(all.get(3));

    calls(all.get(3), 5, BROKEN);

    assertThat(standings.fit(all)).containsExactly(all.get(3));
    assertThat(told).containsExactly("p0: OPEN", "p1: OPEN", "p2: OPEN");
  }

  /** When all are open, the choice is left to refuse. Row: CI-2. */
  @Test
  void fit_allBreakersOpen_allStayAndRefuse() {
    List<Registration> all = claims(2);
    all.forEach(claim -> calls(claim, 5, FAILED));

    assertThat(standings.fit(all)).isSameAs(all);
    all.forEach(
        claim -> assertThat(standings.of(claim.provider()).enter()).isEqualTo(Standing.REFUSED));
  }

  /** A call elsewhere while one is out on probe, and all of them again after. Row: CI-2. */
  @Test
  void fit_halfOpen_probeAloneAndThenAll() {
    Standings lone = standings(BreakerPolicy.DEFAULT, EjectionPolicy.NEVER);
    List<Registration> all = claims(2);
    Standing failing = lone.of(all.get(0).provider());
    for (int i = 0; i < 5; i++) {
      failing.ended(failing.enter(), FAILED);
    }
    assertThat(lone.fit(all)).containsExactly(all.get(1));
    ticks.pass(BreakerPolicy.DEFAULT.open());
    assertThat(lone.fit(all)).isSameAs(all);

    int probe = failing.enter();
    assertThat(lone.fit(all)).containsExactly(all.get(1));
    failing.ended(probe, ANSWERED);
    failing.ended(failing.enter(), ANSWERED);

    assertThat(lone.fit(all)).isSameAs(all);
    assertThat(lone.breaker(all.get(0).provider())).isEqualTo(BreakerState.CLOSED);
  }

  @Test
  void load_callsOpen_counted() {
    Registration claim = claim(1);
    assertThat(standings.load(claim.provider())).isZero();
    Standing standing = standings.of(claim.provider());
    int one = standing.enter();
    int two = standing.enter();
    assertThat(standings.load(claim.provider())).isEqualTo(2);

    standing.ended(one, ANSWERED);
    standing.ended(two, NOTHING);

    assertThat(standings.load(claim.provider())).isZero();
  }

  /** Nothing is kept of runs that are gone, but while they have calls. */
  @Test
  void forget_gone_onlyThoseWithoutCalls() {
    Registration gone = claim(1);
    Registration busy = claim(2);
    Registration there = claim(3);
    List<Registration> all = List.of(gone, busy, there);
    calls(gone, 5, FAILED);
    calls(there, 5, FAILED);
    int open = standings.of(busy.provider()).enter();

    standings.forget(run -> !run.equals(there.provider()));

    assertThat(standings.known()).isEqualTo(2);
    assertThat(standings.breaker(gone.provider())).isEqualTo(BreakerState.CLOSED);
    assertThat(standings.breaker(there.provider())).isEqualTo(BreakerState.OPEN);
    assertThat(standings.fit(all)).containsExactly(gone, busy);
    standings.of(busy.provider()).ended(open, ANSWERED);
    standings.forget(run -> true);
    assertThat(standings.known()).isZero();
    ticks.pass(USUAL.base());
    assertThat(standings.fit(all)).isSameAs(all);
  }
}
