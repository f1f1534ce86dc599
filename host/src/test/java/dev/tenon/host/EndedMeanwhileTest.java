package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.auth.audit.AuditEvent.Outcome;
import dev.tenon.core.Annotations;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.core.Version;
import dev.tenon.host.control.ControlConnections;
import dev.tenon.registry.Registration;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.transport.Peer;
import io.grpc.Attributes;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * A plugin that ends, or loses its connection, at the very moment at which it is given something.
 * Nothing may outlive it.
 */
class EndedMeanwhileTest {
  private final ServiceRegistry registry = ServiceRegistry.inMemory();

  /**
   * Of two redemptions at one time the winner gets no credential either once the run is killed.
   *
   * <p>Denies: Enrolment/Enrol CREDENTIAL_REVOKED
   */
  @Test
  void enrol_killedMeanwhile_noLineageIsLeft() throws Exception {
    try (ControlPlane plane = new ControlPlane(registry)) {
      RawRuntime.Run run = plane.launch("alpha");
      plane.audit.once("enrol", () -> redeemAgain(run.plugin));

      Refused refused = Refused.by(() -> run.plugin.enrol());

      assertThat(refused.is(Refusal.NOT_AUTHENTICATED)).isTrue();
      assertThat(run.wasKilled()).isTrue();
      assertThat(plane.trust.lineages().live()).isZero();
      assertThat(plane.audit.events)
          .anySatisfy(
              event -> assertThat(event.details()).containsEntry("reason", "credential: REVOKED"));
    }
  }

  /** A registration under way does not keep an exclusive service for a run that is gone. */
  @Test
  void register_killedMeanwhile_nothingIsRegistered() throws Exception {
    try (ControlPlane plane = new ControlPlane(registry)) {
      RawRuntime.Run run = plane.launch("alpha");
      run.plugin.enrol(NamedEcho.SERVICE);
      plane.audit.once("register", () -> redeemAgain(run.plugin));

      Refused refused = Refused.by(() -> run.plugin.register(NamedEcho.SERVICE));

      assertThat(refused.is(Refusal.NOT_ALLOWED)).isTrue();
      assertThat(registry.registrations()).isEmpty();
    }
  }

  /** Nor for one whose last connection ended while the registration was made. */
  @Test
  void register_connectionLostMeanwhile_nothingIsRegistered() throws Exception {
    CountDownLatch removed = new CountDownLatch(1);
    ServiceRegistry watched = beforeAndAfterRemove(() -> {}, removed::countDown);
    try (ControlPlane plane = new ControlPlane(watched)) {
      RawPlugin alpha = plane.launch("alpha").plugin;
      alpha.enrol(NamedEcho.SERVICE);
      plane.audit.once(
          "register",
          () -> {
            alpha.cutControl();
            awaitLatch(removed);
          });

      var unused = Refused.by(() -> alpha.register(NamedEcho.SERVICE));

      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(
              () ->
                  assertThat(plane.audit.events)
                      .anySatisfy(event -> assertThat(event.outcome()).isEqualTo(Outcome.DENIED)));
      assertThat(registry.registrations()).isEmpty();
    }
  }

  /** The end of an old connection does not remove what was registered over the next one. */
  @Test
  void connectionEnds_registeredOverNextMeanwhile_registrationStays() throws Exception {
    RuntimeId alpha = new RuntimeId("alpha-0123456789abcdef");
    Registration claim =
        new Registration(
            "0".repeat(32),
            alpha,
            new ServiceName(NamedEcho.SERVICE),
            new Version("1.0.0"),
            Annotations.NONE,
            Sharing.EXCLUSIVE);
    ControlConnections[] leases = new ControlConnections[1];
    Thread next =
        new Thread(
            () -> {
              var unused = leases[0].transportReady(connection(alpha, 2));
              try {
                registry.register(claim);
              } catch (RefusedException e) {
                throw new AssertionError(e);
              }
            });
    leases[0] =
        new ControlConnections(
            beforeAndAfterRemove(
                () -> {
                  next.start();
                  await()
                      .atMost(Duration.ofSeconds(60))
                      .until(
                          () ->
                              next.getState() == Thread.State.BLOCKED
                                  || next.getState() == Thread.State.TERMINATED);
                },
                () -> {}));
    var unused = leases[0].transportReady(connection(alpha, 1));

    leases[0].transportTerminated(connection(alpha, 1));
    next.join(60_000);

    assertThat(registry.registrations()).containsExactly(claim);
  }

  private static Attributes connection(RuntimeId plugin, long number) {
    SpiffeId.OfHost host = new SpiffeId.OfHost(new TrustDomain("tenon.internal"), "h-1");
    Peer peer =
        new Peer(
            Optional.of(new SpiffeId.OfPlugin(host, plugin)),
            Optional.empty(),
            Optional.empty(),
            number);
    return Attributes.newBuilder().set(Peer.KEY, peer).build();
  }

  private static void redeemAgain(RawPlugin plugin) {
    assertThat(
            Refused.by(() -> plugin.enrolment().enrol(plugin.enrolRequest().build()))
                .is(Refusal.TOKEN_SPENT))
        .isTrue();
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private ServiceRegistry beforeAndAfterRemove(Runnable before, Runnable after) {
    return (ServiceRegistry)
        Proxy.newProxyInstance(
            ServiceRegistry.class.getClassLoader(),
            new Class<?>[] {ServiceRegistry.class},
            (proxy, method, arguments) -> {
              boolean removes = method.getName().equals("remove");
              if (removes) {
                before.run();
              }
              try {
                return method.invoke(registry, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              } finally {
                if (removes) {
                  after.run();
                }
              }
            });
  }
}
