package dev.tenon.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.auth.Clocks;
import dev.tenon.auth.Issued;
import dev.tenon.auth.Race;
import dev.tenon.auth.TestClock;
import dev.tenon.auth.TokenMint;
import dev.tenon.core.GrantLimits;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Many threads at one store: no limit is passed, nothing that ended comes back. */
class GrantRaceTest {
  private static final int THREADS = 16;
  private static final GrantLimits LIMITS = new GrantLimits(Duration.ofHours(1), 10, 15);

  private final TestClock clock = new TestClock();
  private final GrantStore store =
      new GrantStore(new TokenMint(new SecureRandom()), new Clocks(clock, clock), LIMITS);

  private static RuntimeId run(int i) {
    return RuntimeId.of(GrantStoreTest.WORDS.plugin(), i);
  }

  /**
   * As many grants as the limit, and not one more, however many ask at once.
   *
   * <p>Row: CG-14
   */
  @RepeatedTest(20)
  void draft_manyAtOnce_exactlyTheLimit() throws Exception {
    List<Integer> issued = Race.run(THREADS, i -> () -> issue(run(i % 2), 3));
    assertThat(issued.stream().mapToInt(count -> count).sum()).isEqualTo(LIMITS.inTotal());
    assertThat(store.all()).hasSize(LIMITS.inTotal());
    for (int i = 0; i < 2; i++) {
      RuntimeId holder = run(i);
      assertThat(store.all().stream().filter(grant -> grant.holder().equals(holder)).count())
          .isBetween(5L, 10L);
    }
  }

  private int issue(RuntimeId holder, int attempts) throws Exception {
    int issued = 0;
    for (int i = 0; i < attempts; i++) {
      try {
        store.activate(store.draft(holder, GrantStoreTest.LOG, Set.of()));
        issued++;
      } catch (GrantLimitException e) {
        // the other half of the threads has them
      }
    }
    return issued;
  }

  /**
   * A run ends while it drafts, activates and refreshes: afterwards it has no grant that can be
   * used, and each that ended was told once.
   *
   * <p>Row: CG-7
   */
  @RepeatedTest(50)
  void endAll_whileOthersIssueAndRefresh_nothingSurvivesIt() throws Exception {
    Set<LiveGrant> told = ConcurrentHashMap.newKeySet();
    AtomicBoolean twice = new AtomicBoolean();
    store.whenEnded(grant -> twice.compareAndSet(false, !told.add(grant)));
    LiveGrant old = store.draft(GrantStoreTest.WORDS, GrantStoreTest.LOG, Set.of()).grant();
    List<Set<LiveGrant>> made =
        Race.run(
            8,
            i ->
                () -> {
                  if (i == 0) {
                    store.endAll(GrantStoreTest.WORDS);
                    return Set.of(old);
                  }
                  return attempt();
                });
    store.endAll(GrantStoreTest.WORDS);
    assertThat(store.size()).isZero();
    assertThat(made.stream().flatMap(Set::stream)).noneMatch(LiveGrant::isLive);
    assertThat(twice).isFalse();
    made.forEach(some -> assertThat(told).containsAll(some));
  }

  private Set<LiveGrant> attempt() throws Exception {
    GrantStore.Draft draft = store.draft(GrantStoreTest.WORDS, GrantStoreTest.LOG, Set.of());
    try {
      store.activate(draft);
      Issued next = store.refresh(draft.grant());
      store.verify(
          GrantStoreTest.WORDS, GrantStoreTest.LOG, GrantStoreTest.shown(draft.grant(), next));
    } catch (GrantRefusedException e) {
      assertThat(draft.grant().isLive()).as("refused although it lives").isFalse();
    }
    return Set.of(draft.grant());
  }

  /**
   * A long mixed load: what a thread ended is refused to it from then on, what it holds is
   * accepted, and at the end the clean-up alone empties the store.
   *
   * <p>Row: CG-6, CG-14
   */
  @Test
  void store_mixedLoad_everyAnswerIsRight() throws Exception {
    int rounds = Integer.getInteger("tenon.grants.rounds", 300);
    List<Boolean> outcomes =
        Race.run(
            8,
            i ->
                () -> {
                  load(run(i % 4), new Random(i), rounds);
                  return true;
                });
    assertThat(outcomes).containsOnly(true);
    clock.advance(LIMITS.life());
    store.cleanUp();
    assertThat(store.size()).isZero();
    assertThat(issue(run(9), 11)).isEqualTo(10);
  }

  private void load(RuntimeId holder, Random random, int rounds) throws Exception {
    for (int i = 0; i < rounds; i++) {
      GrantStore.Draft draft;
      try {
        draft = store.draft(holder, GrantStoreTest.LOG, Set.of());
      } catch (GrantLimitException e) {
        assertThat(store.size()).isLessThanOrEqualTo(LIMITS.inTotal());
        continue;
      }
      store.activate(draft);
      Issued token = random.nextBoolean() ? store.refresh(draft.grant()) : draft.token();
      String shown = GrantStoreTest.shown(draft.grant(), token);
      assertThat(store.verify(holder, GrantStoreTest.LOG, shown)).isSameAs(draft.grant());
      store.cleanUp();
      store.end(draft.grant());
      assertThatThrownBy(() -> store.verify(holder, GrantStoreTest.LOG, shown))
          .isInstanceOf(GrantRefusedException.class);
    }
  }

  /** A grant that is refreshed while the clean-up looks at it, which finds it over, stays. */
  @Test
  void cleanUp_refreshedMeanwhile_stays() throws Exception {
    AtomicReference<LiveGrant> late = new AtomicReference<>();
    GrantStore[] looked = new GrantStore[1];
    LongSupplier nanos =
        () -> {
          LiveGrant grant = late.getAndSet(null);
          if (grant == null) {
            return 0;
          }
          refresh(looked[0], grant);
          return LIMITS.life().toNanos();
        };
    looked[0] = new GrantStore(new TokenMint(new SecureRandom()), new Clocks(clock, nanos), LIMITS);
    GrantStore.Draft draft = looked[0].draft(run(1), GrantStoreTest.LOG, Set.of());
    looked[0].activate(draft);
    late.set(draft.grant());

    looked[0].cleanUp();

    assertThat(looked[0].all()).containsExactly(draft.grant());
  }

  private static void refresh(GrantStore store, LiveGrant grant) {
    try {
      var unused = store.refresh(grant);
    } catch (RefusedException e) {
      throw new AssertionError(e);
    }
  }
}
