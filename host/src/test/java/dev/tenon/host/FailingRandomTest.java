package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Refusal;
import dev.tenon.transport.CertificateRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A random source that fails: no secret is made, never a weaker one. */
class FailingRandomTest {
  private static final String POLICY =
      """
      [[provide]]
      plugin = "alpha"
      services = ["testservice.v1.Echo"]
      """;

  /** Enrolment fails with INTERNAL, and no credential comes of it. Row: HS-9. */
  @ParameterizedTest
  @EnumSource(names = {"THROWS", "ZEROS"})
  void enrol_randomFails_internalAndNothingStored(TestRandom.Mode failure) throws Exception {
    try (TestHost host = TestHost.with(POLICY).silent("alpha").begin()) {
      RawPlugin alpha = host.plugin("alpha");
      host.random.turn(failure);

      Refused refused = Refused.by(() -> alpha.enrol());

      assertThat(refused.is(Refusal.INTERNAL)).isTrue();
      assertThat(refused.text()).isEqualTo(Refusal.INTERNAL.text());
      assertThat(host.audit.denials("enrolment")).hasSize(1);
    }
  }

  /** Registration fails with INTERNAL and nothing is registered. Row: HS-9. */
  @ParameterizedTest
  @EnumSource(names = {"THROWS", "ZEROS"})
  void register_randomFails_internalAndNothingStored(TestRandom.Mode failure) throws Exception {
    try (TestHost host = TestHost.with(POLICY).enrolled("alpha", NamedEcho.SERVICE).start()) {
      RawPlugin alpha = host.plugin("alpha");
      host.random.turn(failure);

      Refused refused = Refused.by(() -> alpha.register(NamedEcho.SERVICE));

      assertThat(refused.is(Refusal.INTERNAL)).isTrue();
      assertThat(host.host().plugins().get(0).services()).isEmpty();
    }
  }

  /** A generator that repeats itself is found out at its second draw. Row: HS-9. */
  @Test
  void register_randomStuck_refusedBeforeAnythingRepeats() throws Exception {
    try (TestHost host = TestHost.with(POLICY).enrolled("alpha", NamedEcho.SERVICE).start()) {
      RawPlugin alpha = host.plugin("alpha");
      host.random.turn(TestRandom.Mode.STUCK);
      var first = alpha.register(NamedEcho.SERVICE);

      Refused refused = Refused.by(() -> alpha.register(NamedEcho.SERVICE));

      assertThat(refused.is(Refusal.INTERNAL)).isTrue();
      assertThat(first).isEqualTo("07".repeat(16));
    }
  }

  /** Renewal fails with INTERNAL, and what the plugin had goes on working. Row: HS-9. */
  @ParameterizedTest
  @EnumSource(names = {"THROWS", "ZEROS"})
  void renew_randomFails_internalAndOldTokenWorks(TestRandom.Mode failure) throws Exception {
    try (TestHost host = TestHost.with(POLICY).enrolled("alpha").start()) {
      RawPlugin alpha = host.plugin("alpha");
      host.random.turn(failure);

      Refused refused = Refused.by(() -> alpha.renew(CertificateRequest.newKeyPair()));

      assertThat(refused.is(Refusal.INTERNAL)).isTrue();
      alpha.healthy();
    }
  }

  /** A host does not start without randomness, says so, and leaves nothing behind. Row: HS-9. */
  @ParameterizedTest
  @EnumSource(names = "WORKS", mode = EnumSource.Mode.EXCLUDE)
  void start_randomFails_startFailsNamingIt(TestRandom.Mode failure) throws Exception {
    try (TestHost host = TestHost.with(POLICY)) {
      host.random.turn(failure);

      Throwable failed = host.begin().startFailure();

      assertThat(failed)
          .isInstanceOfSatisfying(
              HostStartException.class,
              e -> assertThat(e.kind()).isEqualTo(HostStartException.Kind.SYSTEM))
          .hasMessageContaining("random");
    }
  }
}
