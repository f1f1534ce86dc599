package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.auth.CertificateRule;
import dev.tenon.auth.NotAuthenticatedException.Why;
import dev.tenon.core.Fingerprint;
import dev.tenon.core.PluginState;
import dev.tenon.core.Refusal;
import dev.tenon.core.RuntimeId;
import dev.tenon.host.control.ServerAdmission;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.transport.ServerRule;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A certificate that was taken back, in the hands of a plugin's server. */
class RevokedServerTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration AGE = Duration.ofMinutes(2);
  private static final String POLICY =
      """
      [[provide]]
      plugin = "peer"
      services = ["testservice.v1.Echo"]
      [[rule]]
      id = "caller"
      effect = "allow"
      caller = "caller"
      service = "testservice.v1.Echo"
      """;

  private final OpenEcho peers = new OpenEcho();

  @TempDir Path folder;

  /** How a certificate is taken back. */
  enum By {
    SERIAL,
    FINGERPRINT,
    LIST;

    void revoke(PluginHost host, OperatorAuthorities authorities, X509Certificate certificate)
        throws Exception {
      switch (this) {
        case SERIAL -> host.certificates().revokeSerial(certificate.getSerialNumber());
        case FINGERPRINT -> host.certificates().revokeFingerprint(Fingerprint.of(certificate));
        case LIST -> {
          var unused = authorities.revocationList(certificate);
        }
      }
    }
  }

  private TestHost start(OperatorAuthorities authorities) throws Exception {
    Path list = authorities.revocationList();
    return TestHost.with(POLICY)
        .set(host -> host.authorities(authorities.settings().revocationList(list)))
        .enrolled("caller")
        .enrolled("peer", EchoGrpc.SERVICE_NAME)
        .start();
  }

  /** Has the server of {@code peer} show {@code leaf}, and its connections what they had. */
  private void serve(RawPlugin peer, X509Certificate leaf) throws Exception {
    X509Certificate own = peer.credentials().chain().get(0);
    peer.use(leaf);
    peer.serve(peers);
    peer.use(own);
    peer.register(EchoGrpc.SERVICE_NAME);
  }

  private static void echo(RawPlugin caller) {
    var unused =
        RawPlugin.deadline(EchoGrpc.newBlockingStub(caller.data(caller.bearer())))
            .unary(EchoRequest.getDefaultInstance());
  }

  /**
   * The host is connected to it: the run ends, as if it had connected with that certificate, and
   * the connection with all its calls.
   *
   * <p>Row: PK-15
   */
  @ParameterizedTest
  @EnumSource
  void revoke_certificateOfAConnectedServer_endsItsRunAndConnection(By by) throws Exception {
    OperatorAuthorities authorities = new OperatorAuthorities(folder);
    try (TestHost host = start(authorities)) {
      RawPlugin peer = host.plugin("peer");
      RawPlugin caller = host.plugin("caller");
      X509Certificate shown = authorities.certify(peer, "0badcafe03");
      host.clock.advance(AGE); // Openssl's begin now, and the host's clock stands still.
      serve(peer, shown);
      echo(caller);
      List<OpenStream<?>> open = OpenStream.ofEachKind(caller.data(caller.bearer()));
      await().atMost(SOON).until(() -> peers.open.get() == 4);

      by.revoke(host.host(), authorities, shown);

      await().atMost(SOON).until(() -> host.run("peer").wasKilled());
      await().atMost(SOON).until(() -> open.stream().allMatch(OpenStream::hasEnded));
      assertThat(open)
          .extracting(stream -> stream.end().getCode().name())
          .containsOnly("UNAVAILABLE");
      await().atMost(SOON).until(() -> peers.open.get() == 0);
      assertThat(host.run("caller").wasKilled()).isFalse();
      assertThat(host.host().plugins())
          .filteredOn(status -> status.name().value().equals("peer"))
          .extracting(PluginStatus::state)
          .containsExactly(new PluginState.Failed("was ended: its certificate was revoked"));
    }
  }

  /** No byte of a call reaches it; the refusal is on record. Row: PK-15. */
  @ParameterizedTest
  @EnumSource(names = {"SERIAL", "FINGERPRINT"})
  void connect_toAServerWithARevokedCertificate_isRefused(By by) throws Exception {
    OperatorAuthorities authorities = new OperatorAuthorities(folder);
    try (TestHost host = start(authorities)) {
      RawPlugin peer = host.plugin("peer");
      X509Certificate bad = authorities.certify(peer, "0badcafe04");
      host.clock.advance(AGE);
      by.revoke(host.host(), authorities, bad);
      serve(peer, bad);

      assertThat(Refused.by(() -> echo(host.plugin("caller"))).is(Refusal.UNAVAILABLE)).isTrue();

      assertThat(host.host().connections().refused()).containsKey("revoked");
      assertThat(host.audit.entries())
          .filteredOn(entry -> entry.isDenied("connection"))
          .extracting(entry -> entry.actor() + " " + entry.resource() + " " + entry.reason())
          .contains(peer.runtimeId() + " server revoked");
      assertThat(host.run("peer").wasKilled()).isFalse();
    }
  }

  private static X509Certificate anyCertificate() throws Exception {
    OpenAuthority authority = new OpenAuthority();
    return authority.trustBundle().get(0);
  }

  /**
   * Whatever it shows, the server of a run that was revoked is connected to no more. Row: PK-15.
   */
  @Test
  void admit_serverOfARevokedRun_isRefused() throws Exception {
    List<String> told = new ArrayList<>();
    try (ControlPlane plane = new ControlPlane(ServiceRegistry.inMemory())) {
      ServerAdmission servers =
          new ServerAdmission(
              plane.runs, CertificateRule.NONE, (run, why) -> told.add(run + " " + why));
      RuntimeId run = plane.launch("alpha").plugin.bootstrap.runtimeId();
      ServerRule rule = servers.of(run);
      assertThat(rule.admit(List.of(anyCertificate()))).isPresent();

      plane.runs.kill(run, "was revoked");

      assertThat(rule.admit(List.of(anyCertificate()))).isEmpty();
      assertThat(told).containsExactly(run + " UNKNOWN");
    }
  }

  /** Only connections that are there count, and each for itself. Row: PK-15. */
  @Test
  void usersOfRefused_afterTheEndOfAConnection_forgetsIt() throws Exception {
    AtomicBoolean isRevoked = new AtomicBoolean();
    CertificateRule rule =
        (plugin, leaf) -> isRevoked.get() ? Optional.of(Why.REVOKED) : Optional.empty();
    try (ControlPlane plane = new ControlPlane(ServiceRegistry.inMemory())) {
      ServerAdmission servers = new ServerAdmission(plane.runs, rule, (run, why) -> {});
      RuntimeId run = plane.launch("alpha").plugin.bootstrap.runtimeId();
      X509Certificate leaf = anyCertificate();
      Runnable first = servers.of(run).admit(List.of(leaf)).orElseThrow();
      Runnable second = servers.of(run).admit(List.of(leaf)).orElseThrow();
      assertThat(servers.usersOfRefused()).isEmpty();

      isRevoked.set(true);
      first.run();
      assertThat(servers.usersOfRefused()).containsExactly(run);
      assertThat(servers.of(run).admit(List.of(leaf))).isEmpty();
      second.run();
      assertThat(servers.usersOfRefused()).isEmpty();
    }
  }
}
