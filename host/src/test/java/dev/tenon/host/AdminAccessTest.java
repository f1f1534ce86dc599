package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import dev.tenon.auth.issue.Role;
import dev.tenon.core.AdminName;
import dev.tenon.core.Fingerprint;
import dev.tenon.core.Refusal;
import dev.tenon.core.SpiffeId;
import dev.tenon.transport.Credentials;
import dev.tenon.v1.AdminGrpc;
import dev.tenon.v1.ListPluginsRequest;
import dev.tenon.v1.RegistryGrpc;
import dev.tenon.v1.RenewalGrpc;
import io.grpc.Channel;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** Who is an administrator, and who is not. Row: RG-23. */
class AdminAccessTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final AdminName ALICE = new AdminName("alice");

  private static TestHost start() throws Exception {
    return TestHost.with("").admins("alice").enrolled("alpha").start();
  }

  private static Map<String, Refused> callAll(Channel channel) {
    Map<String, Refused> refusals = new LinkedHashMap<>();
    for (String method : RawCalls.methods(AdminGrpc.getServiceDescriptor())) {
      // A connection that is refused is ended too, which a call may meet instead of its refusal.
      await()
          .atMost(SOON)
          .until(
              () -> {
                Refused refused = RawCalls.refused(channel, method, RawCalls.EMPTY);
                refusals.put(method, refused);
                return refused.code() != Status.Code.UNAVAILABLE;
              });
    }
    assertThat(refusals).hasSizeGreaterThan(5);
    return refusals;
  }

  private static void list(AdminGrpc.AdminBlockingStub stub) {
    var unused = stub.listPlugins(ListPluginsRequest.getDefaultInstance());
  }

  private static Status.Code codeOn(Channel channel) {
    return Refused.by(() -> list(RawPlugin.deadline(AdminGrpc.newBlockingStub(channel)))).code();
  }

  /** Deny by default: a host has no administrators, no authority for any, and no file. */
  @Test
  void connect_hostWithoutAdmins_refusedInTheHandshake() throws Exception {
    OpenAuthority plugins = new OpenAuthority();
    try (TestHost host =
        TestHost.with("")
            .set(
                builder ->
                    builder.authorities(AuthoritySettings.DEFAULT.issuer(Role.PLUGIN, plugins)))
            .enrolled("alpha")
            .start()) {
      RawPlugin alpha = host.plugin("alpha");
      SpiffeId admin = new SpiffeId.OfAdmin(alpha.bootstrap.hostId(), ALICE);
      Credentials forged = plugins.credentials(admin, alpha.bootstrap.trustBundle());

      assertThat(codeOn(alpha.connect(alpha.bootstrap.control(), forged)))
          .isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(host.host().admins().names()).isEmpty();
      assertThat(host.directory().resolve("s/admin")).doesNotExist();
    }
  }

  /**
   * The connection of who was revoked ends, by name or by certificate, as does a new one; that of
   * another stays.
   *
   * <p>Row: RG-23
   */
  @Test
  void connection_revokedAdmin_isClosed() throws Exception {
    try (TestHost host = TestHost.with("").admins("alice", "bob", "carol").start();
        AdminClient alice = AdminClient.of(host, "alice");
        AdminClient bob = AdminClient.of(host, "bob");
        AdminClient carol = AdminClient.of(host, "carol")) {
      for (AdminClient admin : List.of(alice, bob, carol)) {
        list(admin.stub());
      }
      List<ConnectivityState> ofAlice = follow(alice.channel());
      List<ConnectivityState> ofBob = follow(bob.channel());
      List<ConnectivityState> ofCarol = follow(carol.channel());

      host.host().admins().revoke(ALICE, "has left");
      host.host()
          .certificates()
          .revokeFingerprint(Fingerprint.of(bob.file.credentials().chain().get(0)));

      awaitEnd(ofAlice, ConnectivityState.READY);
      awaitEnd(ofBob, ConnectivityState.READY);
      ManagedChannel again = alice.connect(alice.file.control(), alice.file.credentials());
      List<ConnectivityState> ofAgain = follow(again);
      var unused = again.getState(/* requestConnection= */ true);
      awaitEnd(ofAgain, ConnectivityState.IDLE);
      list(carol.stub());
      assertThat(ofCarol).containsExactly(ConnectivityState.READY);
    }
  }

  /** Returns the states of {@code channel} from now on, of which short ones may be missing. */
  private static List<ConnectivityState> follow(ManagedChannel channel) {
    List<ConnectivityState> seen = new CopyOnWriteArrayList<>();
    follow(channel, seen);
    return seen;
  }

  private static void follow(ManagedChannel channel, List<ConnectivityState> seen) {
    ConnectivityState now = channel.getState(/* requestConnection= */ false);
    seen.add(now);
    channel.notifyWhenStateChanged(now, () -> follow(channel, seen));
  }

  /** Waits until the other side has ended the connection of a channel that was in {@code first}. */
  private static void awaitEnd(List<ConnectivityState> seen, ConnectivityState first) {
    await()
        .atMost(SOON)
        .until(() -> seen.size() > 1 && seen.get(seen.size() - 1) == ConnectivityState.IDLE);
    assertThat(seen.get(0)).isEqualTo(first);
    assertThat(seen).doesNotContain(ConnectivityState.TRANSIENT_FAILURE);
  }

  /**
   * Who was revoked is refused on the connection that is open, and on a new one.
   *
   * <p>Denies: Admin/ListPlugins, Admin/DescribePlugin, Admin/ListRegistrations,
   * Admin/RevokePlugin, Admin/DrainPlugin, Admin/Explain, Admin/WithdrawRight, Admin/ReadAudit,
   * Admin/FollowAudit, Admin/AddPlugin, Admin/RemovePlugin, Admin/ReplacePlugin, Admin/Call
   * NOT_AUTHENTICATED.
   */
  @Test
  void call_revokedAdmin_notAuthenticatedAndOnRecord() throws Exception {
    try (TestHost host = start();
        AdminClient alice = AdminClient.of(host, "alice")) {
      list(alice.stub());

      host.host().admins().revoke(ALICE, "has left");

      RawCalls.assertAll(callAll(alice.channel()), Refusal.NOT_AUTHENTICATED);
      assertThat(codeOn(alice.connect(alice.file.control(), alice.file.credentials())))
          .isEqualTo(Status.Code.UNAUTHENTICATED);
      assertThat(host.host().admins().file(ALICE)).doesNotExist();
      assertThat(host.audit.entries())
          .anyMatch(
              entry ->
                  entry.action().equals("revoke-admin")
                      && entry.resource().equals("alice")
                      && entry.reason().equals("has left"))
          .anyMatch(
              entry ->
                  entry.isDenied("authentication")
                      && entry.actor().equals("admin/alice")
                      && entry.reason().equals("revoked"));
    }
  }

  /** The list of revoked certificates holds for administrators too. */
  @Test
  void call_revokedCertificate_notAuthenticated() throws Exception {
    try (TestHost host = start();
        AdminClient alice = AdminClient.of(host, "alice")) {
      list(alice.stub());

      host.host()
          .certificates()
          .revokeFingerprint(Fingerprint.of(alice.file.credentials().chain().get(0)));

      RawCalls.assertAll(callAll(alice.channel()), Refusal.NOT_AUTHENTICATED);
    }
  }

  /** A connection does not outlive the certificate that it was made with. */
  @Test
  void call_expiredCertificate_notAuthenticated() throws Exception {
    try (TestHost host = start();
        AdminClient alice = AdminClient.of(host, "alice")) {
      list(alice.stub());

      host.clock.advance(Duration.ofMinutes(61));

      RawCalls.assertAll(callAll(alice.channel()), Refusal.NOT_AUTHENTICATED);
      assertThat(host.audit.denials("authentication")).contains("expired");
      assertThat(codeOn(alice.connect(alice.file.control(), alice.file.credentials())))
          .isEqualTo(Status.Code.UNAVAILABLE);
    }
  }

  /** The plugins' authority signs for no administrator, whatever name it writes. */
  @Test
  void call_certificateOfThePluginsAuthority_notAuthenticated() throws Exception {
    OpenAuthority plugins = new OpenAuthority();
    try (TestHost host =
            TestHost.with("")
                .admins("alice")
                .set(
                    builder ->
                        builder.authorities(AuthoritySettings.DEFAULT.issuer(Role.PLUGIN, plugins)))
                .enrolled("alpha")
                .start();
        AdminClient alice = AdminClient.of(host, "alice")) {
      SpiffeId admin = new SpiffeId.OfAdmin(alice.file.hostId(), ALICE);
      Credentials forged = plugins.credentials(admin, alice.file.credentials().trustBundle());

      Channel channel = alice.connect(alice.file.control(), forged);

      RawCalls.assertAll(callAll(channel), Refusal.NOT_AUTHENTICATED);
      assertThat(host.audit.denials("authentication")).contains("unknown");
    }
  }

  /** An administrator of another host, or of another trust domain, whoever has signed. */
  @Test
  void connect_adminOfAnotherHost_refusedInTheHandshake() throws Exception {
    OpenAuthority plugins = new OpenAuthority();
    try (TestHost host =
            TestHost.with("")
                .admins("alice")
                .set(
                    builder ->
                        builder.authorities(AuthoritySettings.DEFAULT.issuer(Role.PLUGIN, plugins)))
                .enrolled("alpha")
                .start();
        TestHost other = start();
        AdminClient alice = AdminClient.of(host, "alice");
        AdminClient theirs = AdminClient.of(other, "alice")) {
      String here = alice.file.hostId().toString();
      for (String id :
          List.of(
              theirs.file.hostId() + "/admin/alice",
              here.replace("tenon.internal", "other.internal") + "/admin/alice")) {
        Credentials foreign =
            plugins.credentials(SpiffeId.parse(id), alice.file.credentials().trustBundle());
        assertThat(codeOn(alice.connect(alice.file.control(), foreign)))
            .as(id)
            .isEqualTo(Status.Code.UNAVAILABLE);
      }
      assertThat(codeOn(alice.connect(alice.file.control(), theirs.file.credentials())))
          .as("with the certificate of the other host's authority")
          .isEqualTo(Status.Code.UNAVAILABLE);
      list(alice.stub());
    }
  }

  /** An administrator is no plugin: it may not register, renew, or call anybody. */
  @Test
  void call_whatIsForPlugins_notAuthenticatedForAdmins() throws Exception {
    try (TestHost host = start();
        AdminClient alice = AdminClient.of(host, "alice")) {
      Map<String, Refused> refusals = new LinkedHashMap<>();
      for (String method :
          RawCalls.methods(
              RegistryGrpc.getServiceDescriptor(), RenewalGrpc.getServiceDescriptor())) {
        refusals.put(method, RawCalls.refused(alice.channel(), method, RawCalls.EMPTY));
      }
      RawCalls.assertAll(refusals, Refusal.NOT_AUTHENTICATED);

      Channel data = alice.connect(host.plugin("alpha").bootstrap.data(), alice.file.credentials());
      assertThat(RawCalls.refused(data, "testservice.v1.Echo/Unary", RawCalls.EMPTY).code())
          .isEqualTo(Status.Code.UNAVAILABLE);
    }
  }

  /** The file is its user's alone, prints no key, is replaced in time, and goes with the host. */
  @Test
  void file_ofAnAdmin_isPrivateRenewedAndDeleted() throws Exception {
    Path file;
    try (TestHost host = start();
        AdminClient alice = AdminClient.of(host, "alice")) {
      file = host.host().admins().file(ALICE);
      assertThat(Files.getPosixFilePermissions(file))
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));
      assertThat(Files.getPosixFilePermissions(file.resolveSibling(".").normalize()))
          .isEqualTo(PosixFilePermissions.fromString("rwx------"));
      assertThat(alice.file)
          .hasToString("AdminFile[alice of " + alice.file.hostId() + ", redacted]");
      byte[] first = Files.readAllBytes(file);

      host.host().admins().look();
      assertThat(Files.readAllBytes(file)).isEqualTo(first);
      host.clock.advance(Duration.ofMinutes(31));
      host.host().admins().look();
      assertThat(Files.readAllBytes(file)).isNotEqualTo(first);

      list(alice.stub()); // the one before is good until it expires
      try (AdminClient next = AdminClient.of(host, "alice")) {
        list(next.stub());
      }
      assertThat(host.audit.text()).doesNotContain("PRIVATE KEY");
      host.host().close();
      assertThat(file).doesNotExist();
    }
  }

  @Test
  void admins_malformedOrTwice_refused() {
    for (String[] names : new String[][] {{"Alice"}, {""}, {"a/b"}, {"a", "a"}}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> PluginHost.builder().admins(names))
          .withMessageContaining("(expected: ");
    }
  }

  /** Nobody brings an authority for administrators. */
  @Test
  void authorities_forAdmins_refused() throws Exception {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AuthoritySettings.DEFAULT.issuer(Role.ADMIN, new OpenAuthority()));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                AuthoritySettings.DEFAULT.pins(
                    Role.ADMIN, Set.of(new Fingerprint("0".repeat(64)))));
    try (TestHost host = start()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> host.host().authorities().rollOver(Role.ADMIN, new OpenAuthority()));
    }
  }
}
