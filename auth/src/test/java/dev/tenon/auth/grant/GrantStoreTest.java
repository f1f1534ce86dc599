package dev.tenon.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.auth.Clocks;
import dev.tenon.auth.Issued;
import dev.tenon.auth.RandomSourceFailedException;
import dev.tenon.auth.TestClock;
import dev.tenon.auth.TestRandom;
import dev.tenon.auth.TokenMint;
import dev.tenon.auth.grant.GrantRefusedException.Why;
import dev.tenon.core.GrantLimits;
import dev.tenon.core.Permission;
import dev.tenon.core.Refusal;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GrantStoreTest {
  static final RuntimeId WORDS = new RuntimeId("words-0000000000000001");
  static final RuntimeId THIEF = new RuntimeId("thief-0000000000000002");
  static final ServiceName LOG = new ServiceName("acme.Log");
  private static final ServiceName SECRETS = new ServiceName("acme.Secrets");
  private static final Duration LIFE = Duration.ofHours(1);

  private final TestClock clock = new TestClock();
  private final TestRandom random = new TestRandom();
  private final GrantStore store = store(new GrantLimits(LIFE, 3, 5));
  private final List<LiveGrant> ended = new ArrayList<>();

  private GrantStore store(GrantLimits limits) {
    return new GrantStore(new TokenMint(random), new Clocks(clock, clock), limits);
  }

  private static GrantStore.Draft issue(GrantStore in, RuntimeId holder) throws Exception {
    GrantStore.Draft draft = in.draft(holder, LOG, Set.of());
    in.activate(draft);
    return draft;
  }

  static String shown(LiveGrant grant, Issued token) {
    return grant.id() + " " + token.token().exposeForWire();
  }

  private static String shown(GrantStore.Draft draft) {
    return shown(draft.grant(), draft.token());
  }

  private void assertRefused(String presented, Why why) {
    assertRefused(WORDS, LOG, presented, why);
  }

  private void assertRefused(RuntimeId caller, ServiceName service, String presented, Why why) {
    assertThatThrownBy(() -> store.verify(caller, service, presented))
        .isInstanceOfSatisfying(
            GrantRefusedException.class,
            e -> {
              assertThat(e.why()).isEqualTo(why);
              assertThat(e.publicText())
                  .isEqualTo(why == Why.FOREIGN ? "not allowed" : "grant not accepted");
            });
  }

  @Test
  void verify_ofItsHolderForItsService_isTheGrant() throws Exception {
    Set<Permission> permissions = Set.of(new Permission("log:write:*"));
    GrantStore.Draft draft = store.draft(WORDS, LOG, permissions);
    store.activate(draft);

    assertThat(store.verify(WORDS, LOG, shown(draft))).isSameAs(draft.grant());
    assertThat(draft.grant().permissions()).isEqualTo(permissions);
    assertThat(draft.token().expires()).isEqualTo(clock.instant().plus(LIFE));
    assertThat(draft.token().token().exposeForWire()).startsWith("tng_");
  }

  @Test
  void verify_draft_unknown() throws Exception {
    GrantStore.Draft draft = store.draft(WORDS, LOG, Set.of());
    assertRefused(shown(draft), Why.UNKNOWN);
    assertThat(store.find(WORDS, draft.grant().id())).isEmpty();
  }

  /**
   * No, unknown, wrong, expired: one code and one text. Of another service: the same.
   *
   * <p>Row: CG-5
   */
  @Test
  void verify_whateverIsWrongWithIt_oneText() throws Exception {
    GrantStore.Draft one = issue(store, WORDS);
    GrantStore.Draft other = issue(store, WORDS);
    assertRefused("", Why.MISSING);
    assertRefused(shown(other.grant(), one.token()), Why.WRONG_TOKEN);
    assertRefused("0".repeat(32) + " " + one.token().token().exposeForWire(), Why.UNKNOWN);
    assertRefused(WORDS, SECRETS, shown(one), Why.OTHER_SERVICE);
    clock.advance(LIFE);
    assertRefused(shown(one), Why.EXPIRED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x",
        " ",
        "tng_",
        "%s",
        "%s ",
        "%s  %s",
        "%s\t%s",
        "%s %s ",
        " %s %s",
        "%s tnr_%2$.43s",
        "%S %s"
      })
  void verify_anyOtherForm_malformed(String form) throws Exception {
    GrantStore.Draft draft = issue(store, WORDS);
    String text = form.formatted(draft.grant().id(), draft.token().token().exposeForWire());
    if (!text.equals(shown(draft))) {
      assertRefused(text, Why.MALFORMED);
    }
  }

  /**
   * A stolen grant is of no use to another run, whose refusal is another: it is known and not
   * allowed. Without the token it learns nothing, not even that there is such a grant.
   *
   * <p>Row: CG-3
   */
  @Test
  void verify_ofAnotherRun_notAllowed() throws Exception {
    GrantStore.Draft draft = issue(store, WORDS);
    assertRefused(THIEF, LOG, shown(draft), Why.FOREIGN);
    GrantStore.Draft own = issue(store, THIEF);
    assertRefused(THIEF, LOG, shown(draft.grant(), own.token()), Why.WRONG_TOKEN);
    assertThat(store.find(THIEF, draft.grant().id())).isEmpty();
    assertThat(new GrantRefusedException(Why.FOREIGN).refusal()).isEqualTo(Refusal.NOT_ALLOWED);
  }

  /**
   * A grant lives for an hour unless told otherwise, and ends to the instant, on either clock;
   * setting the wall clock back revives nothing.
   *
   * <p>Row: TK-4, CG-6.
   *
   * <p>Denies: data GRANT_EXPIRED.
   */
  @Test
  void verify_atTheEndOfEitherClock_expired() throws Exception {
    assertThat(GrantLimits.DEFAULT.life()).isEqualTo(Duration.ofHours(1));
    GrantStore.Draft byWall = issue(store, WORDS);
    clock.advanceWall(LIFE.minusNanos(1));
    store.verify(WORDS, LOG, shown(byWall));
    clock.advanceWall(Duration.ofNanos(1));
    assertRefused(shown(byWall), Why.EXPIRED);
    clock.advanceWall(LIFE.negated());
    assertRefused(shown(byWall), Why.EXPIRED);

    GrantStore.Draft byNanos = issue(store, WORDS);
    clock.advanceWall(Duration.ofDays(-1));
    clock.advanceNanos(LIFE.minusNanos(1));
    store.verify(WORDS, LOG, shown(byNanos));
    clock.advanceNanos(Duration.ofNanos(1));
    assertRefused(shown(byNanos), Why.EXPIRED);
  }

  /**
   * Expired grants are forgotten by the clean-up alone, without a further use; who follows them is
   * told.
   *
   * <p>Row: CG-6
   */
  @Test
  void cleanUp_afterTheEnd_nothingIsLeft() throws Exception {
    List<Runnable> tasks = new ArrayList<>();
    List<Duration> pauses = new ArrayList<>();
    store.cleanUpWith(
        (pause, task) -> {
          pauses.add(pause);
          tasks.add(task);
        });
    store.whenEnded(ended::add);
    GrantStore.Draft old = issue(store, WORDS);
    clock.advance(LIFE.dividedBy(2));
    GrantStore.Draft young = issue(store, THIEF);
    clock.advance(LIFE.dividedBy(2));

    tasks.get(0).run();
    assertThat(ended).containsExactly(old.grant());
    assertThat(store.size()).isEqualTo(1);
    clock.advance(LIFE);
    tasks.get(0).run();
    assertThat(ended).containsExactly(old.grant(), young.grant());
    assertThat(store.size()).isZero();
    assertThat(pauses).containsExactly(Duration.ofMinutes(1));
  }

  @Test
  void cleanUp_ofShortLives_isAsFrequent() {
    List<Duration> pauses = new ArrayList<>();
    store(new GrantLimits(Duration.ofSeconds(1), 1, 1))
        .cleanUpWith((pause, task) -> pauses.add(pause));
    store(new GrantLimits(Duration.ofMillis(1), 1, 1))
        .cleanUpWith((pause, task) -> pauses.add(pause));
    assertThat(pauses).containsExactly(Duration.ofMillis(250), Duration.ofMillis(100));
  }

  /**
   * There are so many grants of one run and so many of all, and no living one makes room.
   *
   * <p>Row: CG-14
   */
  @Test
  void draft_moreThanTheLimit_refusedAndNoneIsLost() throws Exception {
    List<GrantStore.Draft> held = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      held.add(issue(store, WORDS));
    }
    assertThatThrownBy(() -> store.draft(WORDS, LOG, Set.of()))
        .isInstanceOf(GrantLimitException.class);
    issue(store, THIEF);
    store.draft(THIEF, LOG, Set.of());
    assertThatThrownBy(() -> store.draft(THIEF, LOG, Set.of()))
        .isInstanceOf(GrantLimitException.class)
        .hasMessageContaining("in total");
    for (GrantStore.Draft draft : held) {
      store.verify(WORDS, LOG, shown(draft));
    }
  }

  @Test
  void draft_atTheLimit_expiredOnesMakeRoom() throws Exception {
    for (int i = 0; i < 3; i++) {
      issue(store, WORDS);
    }
    store.whenEnded(ended::add);
    clock.advance(LIFE);
    issue(store, WORDS);
    assertThat(store.size()).isEqualTo(1);
    assertThat(ended).hasSize(3);
  }

  @Test
  void draft_randomSourceFails_nothingIsStored() {
    random.turn(TestRandom.Mode.THROWS);
    assertThatThrownBy(() -> store.draft(WORDS, LOG, Set.of()))
        .isInstanceOf(RandomSourceFailedException.class);
    assertThat(store.size()).isZero();
  }

  /**
   * A refreshed grant is the same with another token and a whole life; the token before works for a
   * grace period beside it, the one before that no longer.
   *
   * <p>Row: CG-8
   */
  @Test
  void refresh_atHalfLife_bothTokensForAGrace() throws Exception {
    GrantStore.Draft first = issue(store, WORDS);
    clock.advance(LIFE.dividedBy(2));
    Issued second = store.refresh(first.grant());
    assertThat(second.expires()).isEqualTo(clock.instant().plus(LIFE));
    assertThat(first.grant().expires()).isEqualTo(second.expires());
    store.verify(WORDS, LOG, shown(first));
    store.verify(WORDS, LOG, shown(first.grant(), second));

    clock.advance(GrantStore.GRACE);
    assertRefused(shown(first), Why.EXPIRED);
    Issued third = store.refresh(first.grant());
    assertRefused(shown(first), Why.WRONG_TOKEN);
    store.verify(WORDS, LOG, shown(first.grant(), second));
    store.verify(WORDS, LOG, shown(first.grant(), third));
    assertThat(store.size()).isEqualTo(1);
  }

  @Test
  void refresh_nearTheEnd_theEarlierTokenKeepsItsOwnEnd() throws Exception {
    GrantStore.Draft first = issue(store, WORDS);
    clock.advance(LIFE.minusSeconds(1));
    Issued second = store.refresh(first.grant());
    clock.advance(Duration.ofSeconds(1));
    assertRefused(shown(first), Why.EXPIRED);
    store.verify(WORDS, LOG, shown(first.grant(), second));
  }

  @Test
  void refresh_expiredOrEnded_refused() throws Exception {
    GrantStore.Draft released = issue(store, WORDS);
    store.end(released.grant());
    assertThatThrownBy(() -> store.refresh(released.grant()))
        .isInstanceOf(GrantRefusedException.class);
    GrantStore.Draft expired = issue(store, WORDS);
    clock.advance(LIFE);
    assertThatThrownBy(() -> store.refresh(expired.grant()))
        .isInstanceOf(GrantRefusedException.class);
    assertThat(store.find(WORDS, expired.grant().id())).isEmpty();
  }

  /**
   * An ended grant is useless at once, by itself or with all of its run; others live on.
   *
   * <p>Row: CG-7, CG-8
   */
  @Test
  void end_oneOrAllOfARun_uselessAtOnce() throws Exception {
    store.whenEnded(ended::add);
    GrantStore.Draft one = issue(store, WORDS);
    GrantStore.Draft two = issue(store, WORDS);
    GrantStore.Draft others = issue(store, THIEF);
    store.end(one.grant());
    store.end(one.grant());
    assertRefused(shown(one), Why.UNKNOWN);
    assertThat(one.grant().isLive()).isFalse();
    store.verify(WORDS, LOG, shown(two));

    GrantStore.Draft draft = store.draft(WORDS, LOG, Set.of());
    store.endAll(WORDS);
    assertRefused(shown(two), Why.UNKNOWN);
    assertThatThrownBy(() -> store.activate(draft)).isInstanceOf(GrantRefusedException.class);
    store.verify(THIEF, LOG, shown(others));
    assertThat(store.all()).containsExactly(others.grant());
    assertThat(ended).containsExactlyInAnyOrder(one.grant(), two.grant(), draft.grant());
    assertThat(store.size()).isEqualTo(1);
  }

  /**
   * What the store keeps and says of a grant shows no token, nor the digest of one.
   *
   * <p>Row: TK-16
   */
  @Test
  void toString_ofEverything_noSecret() throws Exception {
    GrantStore.Draft draft = issue(store, WORDS);
    String secret = draft.token().token().exposeForWire().substring(4, 13);
    assertThat(draft + " " + draft.grant() + " " + draft.grant().secrets())
        .doesNotContain(secret)
        .contains("redacted");
  }

  /** Expired grants of others make room too, when there is none in total. */
  @Test
  void draft_totalUsedUpByExpiredGrantsOfOthers_drafted() throws Exception {
    GrantStore small = store(new GrantLimits(LIFE, 2, 2));
    issue(small, WORDS);
    issue(small, THIEF);
    clock.advance(LIFE);

    GrantStore.Draft draft = small.draft(new RuntimeId("other-0000000000000003"), LOG, Set.of());

    assertThat(small.size()).isEqualTo(1);
    assertThat(draft.grant().toString())
        .isEqualTo("Grant[" + draft.grant().id() + " of other-0000000000000003 for acme.Log]");
  }

  @Test
  void find_livingGrantOfItsHolder_found() throws Exception {
    LiveGrant grant = issue(store, WORDS).grant();

    assertThat(store.find(WORDS, grant.id())).contains(grant);
    assertThat(store.find(THIEF, grant.id())).isEmpty();
  }

  /** Neither drafts nor expired grants are there to be listed. */
  @Test
  void all_draftsAndExpiredOnes_leftOut() throws Exception {
    issue(store, WORDS);
    clock.advance(LIFE);
    LiveGrant living = issue(store, THIEF).grant();
    store.draft(THIEF, LOG, Set.of());

    assertThat(store.size()).isEqualTo(3);
    assertThat(store.all()).containsExactly(living);
  }

  @Test
  void auditReason_ofARefusal_saysWhy() {
    assertThatThrownBy(() -> store.verify(WORDS, LOG, ""))
        .isInstanceOfSatisfying(
            GrantRefusedException.class, e -> assertThat(e.auditReason()).isNotEmpty());
  }
}
