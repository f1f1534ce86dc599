package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.IssueFailedException;
import dev.tenon.auth.issue.Issuer;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.Credentials;
import dev.tenon.v1.Health;
import dev.tenon.v1.LifecycleGrpc;
import dev.tenon.v1.RenewResponse;
import dev.tenon.v1.ReportHealthRequest;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * An authority that another one succeeds, seen by plugins that cannot be asked to renew: both are
 * good during the overlap, and the old one is not after it. Row: PK-12. Attack: X26.
 */
class RolloverTest {
  private static final Duration OVERLAP = Duration.ofMinutes(40);
  private static final Duration SOON = Duration.ofSeconds(60);

  private static TestHost start() throws Exception {
    return TestHost.with("")
        .set(builder -> builder.authorities(AuthoritySettings.DEFAULT.overlap(OVERLAP)))
        .enrolled("alpha")
        .enrolled("beta")
        .start();
  }

  private static EmbeddedAuthority authority(TestHost host, Role role) {
    return EmbeddedAuthority.create(
        new TrustDomain("tenon.internal"), role, host.clock, new SecureRandom());
  }

  private static ManagedChannel connect(RawPlugin plugin, Credentials with) {
    return plugin.connect(plugin.bootstrap.control(), with);
  }

  private static void call(RawPlugin plugin, ManagedChannel control) {
    var unused =
        RawPlugin.deadline(
                LifecycleGrpc.newBlockingStub(RawPlugin.authorized(control, plugin.bearer())))
            .reportHealth(
                ReportHealthRequest.newBuilder().setHealth(Health.HEALTH_HEALTHY).build());
  }

  private static ManagedChannel connected(RawPlugin plugin, Credentials with) {
    ManagedChannel channel = connect(plugin, with);
    call(plugin, channel);
    return channel;
  }

  private static void assertRefused(RawPlugin plugin, Credentials with) {
    assertThatThrownBy(() -> call(plugin, connect(plugin, with)))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("UNAVAILABLE");
  }

  private static void awaitClosed(ManagedChannel channel) {
    await()
        .atMost(SOON)
        .until(() -> channel.getState(/* requestConnection= */ false) != ConnectivityState.READY);
  }

  private static void renew(RawPlugin plugin) {
    KeyPair successor = CertificateRequest.newKeyPair();
    RenewResponse response = plugin.renew(successor);
    plugin.adopt(successor, response);
  }

  private static X509Certificate root(Issuer issuer) {
    return issuer.trustBundle().get(0);
  }

  private static void pass(TestHost host, Duration time, Succession succession) throws Exception {
    host.clock.advance(time);
    succession.over().get(SOON.toSeconds(), TimeUnit.SECONDS);
  }

  /** Beta does not renew: its certificate, and the connection that it made with it, end. */
  @Test
  void rollOver_plugins_bothAcceptedThenTheOldOneRefusedAndItsConnectionsClosed() throws Exception {
    try (TestHost host = start()) {
      RawPlugin alpha = host.plugin("alpha");
      RawPlugin beta = host.plugin("beta");
      ManagedChannel old = connected(beta, beta.credentials());
      EmbeddedAuthority next = authority(host, Role.PLUGIN);

      Succession succession = host.host().authorities().rollOver(Role.PLUGIN, next);

      renew(alpha);
      PublicKey key = root(next).getPublicKey();
      alpha.credentials().chain().get(0).verify(key);
      ManagedChannel renewed = connected(alpha, alpha.credentials());
      var unused = connected(beta, beta.credentials());
      assertThat(succession.over()).isNotDone();

      pass(host, OVERLAP, succession);

      awaitClosed(old);
      assertRefused(beta, beta.credentials());
      call(alpha, renewed);
      assertThat(renewed.getState(/* requestConnection= */ false))
          .isEqualTo(ConnectivityState.READY);
      assertThat(host.audit.entries())
          .filteredOn(entry -> entry.event().equals("authority"))
          .extracting(AuditTrail.Entry::action)
          .containsExactly("roll-over", "retire");
    }
  }

  /** The host's certificate moves when there was time to learn of the new authority. */
  @Test
  void rollOver_host_movesLateAndConnectionsOfTheOldOneEnd() throws Exception {
    try (TestHost host = start()) {
      RawPlugin alpha = host.plugin("alpha");
      Credentials before = alpha.credentials();
      ManagedChannel old = connected(alpha, before);
      EmbeddedAuthority next = authority(host, Role.HOST);

      Succession succession = host.host().authorities().rollOver(Role.HOST, next);

      renew(alpha);
      assertThat(alpha.credentials().trustBundle())
          .containsExactlyInAnyOrder(before.trustBundle().get(0), root(next));
      var unused = connected(alpha, alpha.trusting(before.trustBundle()));

      host.clock.advance(OVERLAP.multipliedBy(3).dividedBy(4));
      await()
          .atMost(SOON)
          .ignoreExceptions()
          .until(() -> connected(alpha, alpha.trusting(List.of(root(next)))) != null);
      assertRefused(alpha, alpha.trusting(before.trustBundle()));
      call(alpha, old);

      pass(host, OVERLAP.dividedBy(4), succession);

      awaitClosed(old);
      renew(alpha);
      assertThat(alpha.credentials().trustBundle()).containsExactly(root(next));
      assertThat(host.audit.entries())
          .filteredOn(entry -> entry.event().equals("authority"))
          .extracting(AuditTrail.Entry::action)
          .containsExactly("roll-over", "move", "retire");
    }
  }

  /** Who cannot issue is not trusted, and nothing is recorded. */
  @Test
  void rollOver_authorityThatCannotIssue_refusedAndNothingChanges() throws Exception {
    try (TestHost host = start()) {
      Issuer next = authority(host, Role.PLUGIN); // it refuses the host's id

      assertThatThrownBy(() -> host.host().authorities().rollOver(Role.HOST, next))
          .isInstanceOf(IssueFailedException.class);

      renew(host.plugin("alpha"));
      assertThat(host.plugin("alpha").credentials().trustBundle()).hasSize(1);
      assertThat(host.audit.text()).doesNotContain("roll-over");
    }
  }

  /** With one key for both roles, what a plugin is issued could pass for the host. */
  @Test
  void rollOver_keyThatIsTrustedAlready_refused() throws Exception {
    try (TestHost host = TestHost.with("")) {
      Issuer hosts = authority(host, Role.HOST);
      host.set(builder -> builder.authorities(AuthoritySettings.DEFAULT.issuer(Role.HOST, hosts)))
          .enrolled("alpha")
          .start();
      for (Role role : List.of(Role.HOST, Role.PLUGIN)) {
        assertThatThrownBy(() -> host.host().authorities().rollOver(role, hosts))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("one that is trusted already");
      }
    }
  }

  @Test
  void rollOver_duringAnother_refused() throws Exception {
    try (TestHost host = start()) {
      var unused = host.host().authorities().rollOver(Role.PLUGIN, authority(host, Role.PLUGIN));

      assertThatThrownBy(
              () -> host.host().authorities().rollOver(Role.HOST, authority(host, Role.HOST)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("under way");
    }
  }

  /** An issuer that fails once it is in use is dropped, and the old one issues on. */
  @Test
  void rollOver_hostAuthorityThatFailsLater_droppedAndTheOldOneStays() throws Exception {
    try (TestHost host = start()) {
      Failing next = new Failing(authority(host, Role.HOST));
      List<X509Certificate> before = host.plugin("alpha").credentials().trustBundle();
      Succession succession = host.host().authorities().rollOver(Role.HOST, next);
      next.fails = true;

      host.clock.advance(OVERLAP);

      assertThatThrownBy(() -> succession.over().get(SOON.toSeconds(), TimeUnit.SECONDS))
          .hasCauseInstanceOf(IssueFailedException.class);
      renew(host.plugin("alpha"));
      assertThat(host.plugin("alpha").credentials().trustBundle()).isEqualTo(before);
      var unused = connected(host.plugin("alpha"), host.plugin("alpha").credentials());
    }
  }

  /** An authority that stops to issue. */
  private static final class Failing implements Issuer {
    private final Issuer issuer;
    private volatile boolean fails;

    Failing(Issuer issuer) {
      this.issuer = issuer;
    }

    @Override
    public List<X509Certificate> issue(SpiffeId id, PublicKey key) throws IssueFailedException {
      if (fails) {
        throw new IssueFailedException("out of service");
      }
      return issuer.issue(id, key);
    }

    @Override
    public List<X509Certificate> trustBundle() {
      return issuer.trustBundle();
    }
  }
}
