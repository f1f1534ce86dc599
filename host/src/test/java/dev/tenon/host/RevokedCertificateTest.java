package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.Fingerprint;
import dev.tenon.core.PluginState;
import dev.tenon.core.Refusal;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.transport.CertificateRequest;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A certificate that is taken back by its serial number or its fingerprint. */
class RevokedCertificateTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration AGE = Duration.ofMinutes(2);
  private static final String POLICY =
      """
      [[provide]]
      plugin = "peer"
      services = ["testservice.v1.Echo"]
      [[rule]]
      id = "victim"
      effect = "allow"
      caller = "victim"
      service = "testservice.v1.Echo"
      """;

  private final OpenEcho peers = new OpenEcho();

  @TempDir Path folder;

  /** How a certificate is named. */
  enum By {
    SERIAL {
      @Override
      void revoke(PluginHost host, X509Certificate certificate) throws IOException {
        host.certificates().revokeSerial(certificate.getSerialNumber());
      }
    },
    FINGERPRINT {
      @Override
      void revoke(PluginHost host, X509Certificate certificate) throws IOException {
        host.certificates().revokeFingerprint(Fingerprint.of(certificate));
      }
    };

    abstract void revoke(PluginHost host, X509Certificate certificate) throws IOException;
  }

  private TestHost start() throws Exception {
    return serving(
        TestHost.with(POLICY).enrolled("victim").enrolled("peer", EchoGrpc.SERVICE_NAME).start());
  }

  private TestHost serving(TestHost host) throws Exception {
    host.plugin("peer").serve(peers);
    host.plugin("peer").register(EchoGrpc.SERVICE_NAME);
    return host;
  }

  private static void echo(RawPlugin caller, ManagedChannel channel) {
    var unused =
        RawPlugin.deadline(EchoGrpc.newBlockingStub(RawPlugin.authorized(channel, caller.bearer())))
            .unary(EchoRequest.getDefaultInstance());
  }

  private static ManagedChannel data(RawPlugin caller) {
    return caller.connect(caller.bootstrap.data(), caller.credentials());
  }

  private static X509Certificate leaf(RawPlugin plugin) {
    return plugin.credentials().chain().get(0);
  }

  private static boolean isConnected(ManagedChannel channel) {
    return channel.getState(/* requestConnection= */ false) == ConnectivityState.READY;
  }

  /**
   * During a session: the next call and the next connection are refused, what is open ends with
   * UNAUTHENTICATED, and the connection is closed. Another plugin does not notice. Attack: X16.
   *
   * <p>Row: PK-15
   */
  @ParameterizedTest
  @EnumSource
  void revoke_duringASession_endsItAndRefusesTheNext(By by) throws Exception {
    try (TestHost host = start()) {
      RawPlugin victim = host.plugin("victim");
      ManagedChannel session = data(victim);
      List<OpenStream<?>> open =
          OpenStream.ofEachKind(RawPlugin.authorized(session, victim.bearer()));
      await().atMost(SOON).until(() -> peers.open.get() == 4);

      by.revoke(host.host(), leaf(victim));

      ManagedChannel next = data(victim);
      assertThat(Refused.by(() -> echo(victim, next)).is(Refusal.NOT_AUTHENTICATED)).isTrue();
      assertThat(
              Refused.by(() -> victim.renew(CertificateRequest.newKeyPair()))
                  .is(Refusal.NOT_AUTHENTICATED))
          .isTrue();
      await().atMost(SOON).until(() -> open.stream().allMatch(OpenStream::hasEnded));
      assertThat(open)
          .extracting(stream -> stream.end().getCode() + " " + stream.end().getDescription())
          .containsOnly("UNAUTHENTICATED not authenticated");
      await().atMost(SOON).until(() -> !isConnected(session) && !isConnected(next));
      assertThat(host.run("victim").wasKilled()).isTrue();
      assertThat(host.run("peer").wasKilled()).isFalse();
      assertThat(host.host().plugins())
          .filteredOn(status -> status.name().value().equals("victim"))
          .extracting(PluginStatus::state)
          .containsExactly(new PluginState.Failed("was ended: its certificate was revoked"));
    }
  }

  /** A certificate of the same live key that no connection of the run had yet. Row: PK-15. */
  @ParameterizedTest
  @EnumSource
  void connect_withACertificateRevokedBefore_isRefusedAndOthersOfTheRunAreNot(By by)
      throws Exception {
    OperatorAuthorities authorities = new OperatorAuthorities(folder);
    try (TestHost host =
        serving(
            TestHost.with(POLICY)
                .set(authorities::configure)
                .enrolled("victim")
                .enrolled("peer", EchoGrpc.SERVICE_NAME)
                .start())) {
      RawPlugin victim = host.plugin("victim");
      X509Certificate good = authorities.certify(victim, "0badcafe01");
      X509Certificate bad = authorities.certify(victim, "0badcafe02");
      host.clock.advance(AGE); // Openssl's begin now, and the host's clock stands still.
      by.revoke(host.host(), bad);

      victim.use(bad);
      assertThat(Refused.by(() -> echo(victim, data(victim))).is(Refusal.NOT_AUTHENTICATED))
          .isTrue();

      victim.use(good);
      echo(victim, data(victim));
      assertThat(host.audit.entries())
          .anySatisfy(
              entry -> {
                assertThat(entry.outcome()).isEqualTo("denied");
                assertThat(entry.actor()).isEqualTo(victim.runtimeId());
                assertThat(entry.reason()).isEqualTo("revoked");
              });
    }
  }

  /** A host that was started again has forgotten nothing. Row: PK-15. */
  @Test
  void connect_withACertificateThatAnEarlierHostRevoked_isRefused() throws Exception {
    OperatorAuthorities authorities = new OperatorAuthorities(folder);
    Path state = folder.resolve("state");
    try (TestHost first = TestHost.with(POLICY).set(builder -> builder.state(state)).start()) {
      first.host().certificates().revokeSerial(new BigInteger("badcafe02", 16));
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file(state))))
        .isEqualTo("rw-------");
    try (TestHost second =
        serving(
            TestHost.with(POLICY)
                .set(authorities::configure)
                .set(builder -> builder.state(state))
                .enrolled("victim")
                .enrolled("peer", EchoGrpc.SERVICE_NAME)
                .start())) {
      RawPlugin victim = second.plugin("victim");
      echo(victim, data(victim));
      X509Certificate bad = authorities.certify(victim, "0badcafe02");
      second.clock.advance(AGE);
      victim.use(bad);
      assertThat(Refused.by(() -> echo(victim, data(victim))).is(Refusal.NOT_AUTHENTICATED))
          .isTrue();
    }
  }

  private static Path file(Path state) {
    return state.resolve("revocations");
  }

  /** A list that cannot be read whole is no list: the host does not start. Row: PK-15. */
  @Test
  void start_damagedList_isRefused() throws Exception {
    Path state = Files.createDirectory(folder.resolve("state"));
    Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwx------"));
    Files.writeString(file(state), "tenon-revocations 1\nserial 12\nserial 1");
    HostBuilder builder = PluginHost.builder().state(state).run(folder.resolve("r"));

    HostStartException refused = catchThrowableOfType(HostStartException.class, builder::start);

    assertThat(refused).hasMessageContaining("revocations").hasMessageContaining("damaged");
    assertThat(refused.kind()).isEqualTo(HostStartException.Kind.CONFIGURATION);
  }

  /** What cannot be kept is in force, and the operator is told. Row: PK-15. */
  @Test
  void revoke_stateCannotBeWritten_isInForceAndToldAsAFailure() throws Exception {
    Path state = folder.resolve("state");
    try (TestHost host =
        serving(
            TestHost.with(POLICY)
                .set(builder -> builder.state(state))
                .enrolled("victim")
                .enrolled("peer", EchoGrpc.SERVICE_NAME)
                .start())) {
      Files.createDirectory(
          file(state)); // Nothing can be moved over a directory with something in it.
      Files.createFile(file(state).resolve("x"));
      RawPlugin victim = host.plugin("victim");

      assertThatThrownBy(
              () -> host.host().certificates().revokeSerial(leaf(victim).getSerialNumber()))
          .isInstanceOf(IOException.class);

      assertThat(host.run("victim").wasKilled()).isTrue();
      assertThat(Refused.by(() -> echo(victim, data(victim))).is(Refusal.NOT_AUTHENTICATED))
          .isTrue();
    }
  }

  /** On record before the end that it causes. Row: PK-15. */
  @Test
  void revoke_isOnRecordBeforeItsEffect() throws Exception {
    try (TestHost host = start()) {
      RawPlugin victim = host.plugin("victim");
      BigInteger serial = leaf(victim).getSerialNumber();

      host.host().certificates().revokeSerial(serial);

      assertThat(host.audit.entries())
          .filteredOn(
              entry ->
                  entry.event().equals("revocation")
                      || (entry.event().equals("lifecycle") && entry.action().equals("end")))
          .extracting(entry -> entry.actor() + " " + entry.action() + " " + entry.resource())
          .startsWith("host revoke-certificate serial " + serial.toString(16))
          .hasSize(2);
    }
  }

  private TestHost following(OperatorAuthorities authorities, Path list) throws Exception {
    return serving(
        TestHost.with(POLICY)
            .set(host -> host.authorities(authorities.settings().revocationList(list)))
            .enrolled("victim")
            .enrolled("peer", EchoGrpc.SERVICE_NAME)
            .start());
  }

  /** The authority's own list: what it names next ends what goes on. Row: PK-15. */
  @Test
  void revocationList_thatNamesACertificateInUse_endsItsRun() throws Exception {
    OperatorAuthorities authorities = new OperatorAuthorities(folder);
    try (TestHost host = following(authorities, authorities.revocationList())) {
      RawPlugin victim = host.plugin("victim");
      ManagedChannel session = data(victim);
      echo(victim, session);

      host.clock.advance(AGE);
      var unused = authorities.revocationList(leaf(victim));

      await().atMost(SOON).until(() -> host.run("victim").wasKilled());
      await().atMost(SOON).until(() -> !isConnected(session));
      assertThat(Refused.by(() -> echo(victim, data(victim))).is(Refusal.NOT_AUTHENTICATED))
          .isTrue();
      assertThat(host.run("peer").wasKilled()).isFalse();
      assertThat(host.audit.entries())
          .extracting(AuditTrail.Entry::action)
          .contains("revocation-list");
    }
  }

  /** A list of somebody else is none: the host does not start with it. Row: PK-15. */
  @Test
  void start_revocationListThatIsNotGood_isRefused() throws Exception {
    OperatorAuthorities authorities = new OperatorAuthorities(folder);
    OperatorAuthorities others =
        new OperatorAuthorities(Files.createDirectory(folder.resolve("others")));
    Path junk = Files.writeString(folder.resolve("junk"), "-----BEGIN X509 CRL-----");
    for (Path list : List.of(others.revocationList(), junk, folder.resolve("missing"))) {
      assertNotStarted(authorities, list);
    }
  }

  /** An authority whose certificate does not let it sign lists (RFC 5280, 6.3.3). Row: PK-15. */
  @Test
  void start_revocationListOfAnAuthorityThatMayNotSignIt_isRefused() throws Exception {
    OperatorAuthorities authorities = new OperatorAuthorities(folder, "keyCertSign");

    assertNotStarted(authorities, authorities.revocationList());
  }

  private void assertNotStarted(OperatorAuthorities authorities, Path list) {
    HostBuilder builder =
        PluginHost.builder()
            .state(folder.resolve("state"))
            .run(folder.resolve("r"))
            .authorities(authorities.settings().revocationList(list));

    HostStartException refused = catchThrowableOfType(HostStartException.class, builder::start);

    assertThat(refused).hasMessageStartingWith(list + ": ").hasMessageContaining("(expected: ");
    assertThat(refused.kind()).isEqualTo(HostStartException.Kind.CONFIGURATION);
  }

  @Test
  void revokeSerial_ofNoCertificate_isRefused() throws Exception {
    try (TestHost host = TestHost.with("").start()) {
      assertThatThrownBy(() -> host.host().certificates().revokeSerial(BigInteger.ZERO))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(
              () -> host.host().certificates().revokeSerial(BigInteger.ONE.shiftLeft(160)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
