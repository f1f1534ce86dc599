package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.audit.AuditEvent.Outcome;
import dev.tenon.core.Refusal;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.v1.DiscoverRequest;
import dev.tenon.v1.UnregisterRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** An audit log that cannot be written: what cannot be recorded does not happen. */
class FailingAuditTest {
  private final ServiceRegistry registry = ServiceRegistry.inMemory();

  /** A host whose audit log is full does not start, and leaves nothing running. */
  @Test
  void start_auditLogFull_systemErrorAndNothingLeft() throws Exception {
    try (TestHost host = TestHost.with("")) {
      host.enrolled("alpha").set(builder -> builder.audit(Path.of("/dev/full")));

      Throwable failed = host.begin().startFailure();

      assertThat(failed)
          .isInstanceOfSatisfying(
              HostStartException.class,
              e -> assertThat(e.kind()).isEqualTo(HostStartException.Kind.SYSTEM))
          .hasMessageContaining("audit log");
      try (Stream<Path> left = Files.list(host.directory().resolve("r"))) {
        assertThat(left).isEmpty();
      }
      assertThat(host.wasLaunched("alpha")).isFalse();
    }
  }

  /**
   * No identity is issued that is not on record.
   *
   * <p>Denies: Enrolment/Enrol INTERNAL.
   */
  @Test
  void enrol_auditFails_internalAndNoLineage() throws Exception {
    try (ControlPlane plane = new ControlPlane(registry)) {
      RawPlugin alpha = plane.launch("alpha").plugin;
      plane.audit.failOn(Outcome.SUCCESS);

      Refused refused = Refused.by(() -> alpha.enrol());

      assertThat(refused.is(Refusal.INTERNAL)).isTrue();
      assertThat(refused.text()).isEqualTo(Refusal.INTERNAL.text());
      assertThat(plane.trust.lineages().live()).isZero();
    }
  }

  /** Nothing is registered, and nothing withdrawn, that is not on record. */
  @Test
  void registerAndUnregister_auditFails_internalAndNothingChanges() throws Exception {
    try (ControlPlane plane = new ControlPlane(registry)) {
      RawPlugin alpha = plane.launch("alpha").plugin;
      alpha.enrol(NamedEcho.SERVICE);
      plane.audit.failOn(Outcome.SUCCESS);
      assertThat(Refused.by(() -> alpha.register(NamedEcho.SERVICE)).is(Refusal.INTERNAL)).isTrue();
      assertThat(registry.registrations()).isEmpty();
      plane.audit.hook = event -> {};
      String id = alpha.register(NamedEcho.SERVICE);
      plane.audit.failOn(Outcome.SUCCESS);

      Refused refused =
          Refused.by(
              () ->
                  alpha
                      .registry()
                      .unregister(UnregisterRequest.newBuilder().setRegistrationId(id).build()));

      assertThat(refused.is(Refusal.INTERNAL)).isTrue();
      assertThat(registry.registrations()).hasSize(1);
    }
  }

  /** A refusal that cannot be recorded is INTERNAL too, and still a refusal. Row: AU-8. */
  @Test
  void refusals_auditFails_internal() throws Exception {
    try (ControlPlane plane = new ControlPlane(registry)) {
      RawPlugin alpha = plane.launch("alpha").plugin;
      alpha.enrol(NamedEcho.SERVICE);
      plane.audit.failOn(Outcome.DENIED);

      assertThat(Refused.by(() -> alpha.register("acme.v1.Other")).is(Refusal.INTERNAL)).isTrue();
      assertThat(
              Refused.by(
                      () ->
                          alpha
                              .registry()
                              .discover(
                                  DiscoverRequest.newBuilder().setService("acme.v1.No").build()))
                  .is(Refusal.INTERNAL))
          .isTrue();
      assertThat(
              Refused.by(
                      () ->
                          RawPlugin.deadline(
                                  dev.tenon.v1.RegistryGrpc.newBlockingStub(alpha.control()))
                              .register(RawPlugin.claim(NamedEcho.SERVICE)))
                  .is(Refusal.INTERNAL))
          .isTrue();
    }
  }

  /**
   * A renewal that is not on record brings nothing, and what the plugin has works on.
   *
   * <p>Denies: Renewal/Renew INTERNAL.
   */
  @Test
  void renew_auditFails_internalAndOldTokenWorks() throws Exception {
    try (ControlPlane plane = new ControlPlane(registry)) {
      RawPlugin alpha = plane.launch("alpha").plugin;
      alpha.enrol();
      plane.audit.failOn(Outcome.SUCCESS);

      Refused refused = Refused.by(() -> alpha.renew(CertificateRequest.newKeyPair()));

      assertThat(refused.is(Refusal.INTERNAL)).isTrue();
      alpha.healthy();
    }
  }

  /** A plugin whose enrolment token is shown twice ends, whether or not that is on record. */
  @Test
  void enrol_secondTimeWhileAuditFails_pluginIsKilled() throws Exception {
    try (ControlPlane plane = new ControlPlane(registry)) {
      RawRuntime.Run run = plane.launch("alpha");
      run.plugin.enrol();
      plane.audit.failOn(Outcome.DENIED);

      Refused refused =
          Refused.by(() -> run.plugin.enrolment().enrol(run.plugin.enrolRequest().build()));

      assertThat(refused.is(Refusal.INTERNAL)).isTrue();
      assertThat(run.wasKilled()).isTrue();
      assertThat(plane.trust.lineages().live()).isZero();
    }
  }

  /** So does one whose key has two successors. */
  @Test
  void renew_forkWhileAuditFails_pluginIsKilled() throws Exception {
    try (ControlPlane plane = new ControlPlane(registry)) {
      RawRuntime.Run run = plane.launch("alpha");
      run.plugin.enrol();
      var unused = run.plugin.renew(CertificateRequest.newKeyPair());
      plane.audit.failOn(Outcome.DENIED);

      Refused refused = Refused.by(() -> run.plugin.renew(CertificateRequest.newKeyPair()));

      assertThat(refused.is(Refusal.INTERNAL)).isTrue();
      assertThat(run.wasKilled()).isTrue();
    }
  }
}
