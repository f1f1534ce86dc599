package dev.tenon.testing.attack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Refusal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A random source that fails, as far as the outside sees it: nothing weaker takes its place. */
class RandomSourceAttackTest {
  @RegisterExtension
  final Oracles oracles =
      Oracles.over(new Plan().enrolled("mallory", Scene.OTHER).silent("late").silent("later"));

  /**
   * Nobody gets an identity, a renewal or a registration; what there was goes on; and all is well
   * when the source is. Attack: T24.
   */
  @ParameterizedTest
  @EnumSource(
      value = TestRandom.Mode.class,
      names = {"THROWS", "ZEROS"})
  void enrol_randomSourceFails_nothingIssued(TestRandom.Mode failure) {
    RawPlugin late = oracles.plugin("late");
    RawPlugin mallory = oracles.plugin("mallory");
    oracles.scene().random.turn(failure);

    Answer enrolment = oracles.refused(late::enrol);
    Answer renewal = oracles.refused(mallory::renew);
    Answer registration = oracles.refused(() -> mallory.register(Scene.OTHER));

    assertThat(enrolment.is(Refusal.INTERNAL)).isTrue();
    oracles.sameAnswer(enrolment, renewal);
    oracles.sameAnswer(enrolment, registration);
    Door.CONTROL.enter(mallory, mallory.bearer());
    oracles.scene().random.turn(TestRandom.Mode.WORKS);
    assertThat(oracles.plugin("later").enrol().getRuntimeToken()).startsWith("tnr_");
    oracles.expect("late enrolment enrol - denied certificate of late: not issued");
    oracles.expect("mallory renewal renew - denied certificate of mallory: not issued");
    oracles.expect("mallory discovery discover testservice.v1.Echo success allowed");
    oracles.expect("later enrolment enrol later success -");
  }

  /** A source that repeats itself is found out at its second draw. Attack: T24. */
  @Test
  void register_randomSourceRepeats_refused() {
    RawPlugin mallory = oracles.plugin("mallory");
    oracles.scene().random.turn(TestRandom.Mode.STUCK);
    var first = mallory.register(Scene.OTHER);

    Answer second = oracles.refused(() -> mallory.register(Scene.OTHER));

    assertThat(second.is(Refusal.INTERNAL)).isTrue();
    assertThat(first).hasSize(32);
    oracles.expect("mallory registration register testservice.v1.Other success -");
  }
}
