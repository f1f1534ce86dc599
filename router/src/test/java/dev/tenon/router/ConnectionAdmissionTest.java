package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tenon.auth.CertificateRule;
import dev.tenon.auth.NotAuthenticatedException;
import dev.tenon.auth.NotAuthenticatedException.Why;
import dev.tenon.core.AdminName;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.Peer;
import dev.tenon.transport.PeerProcess;
import io.grpc.Attributes;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which connections end when what they were let in by is gone, over real mTLS. Row: TK-7. */
final class ConnectionAdmissionTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  private Wire wire;
  private Wire.Caller caller;
  private Wire.Caller other;

  @BeforeEach
  void open() throws Exception {
    wire = new Wire();
    wire.provide(Names.WORDS, Names.ECHO, new EchoProvider());
    caller = wire.enrol(Names.CALLER);
    other = wire.enrol(Names.STRANGER);
    Plane.call(caller.channel());
    denied(other);
  }

  @AfterEach
  void close() {
    wire.close();
  }

  /** Calls without a right, which a connection survives. */
  private static void denied(Wire.Caller by) {
    assertThat(Plane.refusal(by.channel(), "testservice.v1.Echo/Unary").getStatus().getCode())
        .isEqualTo(Status.Code.PERMISSION_DENIED);
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

  private static void awaitEnd(List<ConnectivityState> seen) {
    await()
        .atMost(SOON)
        .until(() -> seen.size() > 1 && seen.get(seen.size() - 1) == ConnectivityState.IDLE);
  }

  private void assertOtherStays(List<ConnectivityState> seen) {
    denied(other);
    assertThat(seen).containsExactly(ConnectivityState.READY);
  }

  @Test
  void end_ofOneRun_itsConnectionsAlone() {
    List<ConnectivityState> ofCaller = follow(caller.bare());
    List<ConnectivityState> ofOther = follow(other.bare());
    wire.lineages.revoke(Names.CALLER);

    wire.connections.end(Names.CALLER);

    awaitEnd(ofCaller);
    assertOtherStays(ofOther);
  }

  /** After it enrolled again, what it had before ends and what it has now stays. */
  @Test
  void endForeign_runEnrolledAgain_onlyConnectionsOfOldKeys() throws Exception {
    List<ConnectivityState> before = follow(caller.bare());
    KeyPair keys = CertificateRequest.newKeyPair();
    var token = wire.lineages.reopen(Names.CALLER, keys.getPublic()).token();
    Wire.Caller again = new Wire.Caller(wire.connect(Names.CALLER, keys), token, keys);
    Plane.call(again.channel());
    List<ConnectivityState> now = follow(again.bare());

    wire.connections.endForeign(Names.CALLER);

    awaitEnd(before);
    Plane.call(again.channel());
    assertThat(now).containsExactly(ConnectivityState.READY);
  }

  /** The others end once it is known whose they are; and so does a new one of that kind. */
  @Test
  void trustOnly_someConnections_othersEndAndNewOnesAreRefused() throws Exception {
    List<ConnectivityState> ofCaller = follow(caller.bare());
    List<ConnectivityState> ofOther = follow(other.bare());
    List<RuntimeId> told = new ArrayList<>();
    Optional<String> trusted = Optional.of(Names.STRANGER.value());

    wire.connections.trustOnly(
        connection -> connection.peerChain().get(0).toString().contains(trusted.orElseThrow()),
        told::add);

    assertThat(told).containsExactly(Names.CALLER);
    awaitEnd(ofCaller);
    assertOtherStays(ofOther);
    assertThat(wire.refusals).isEmpty();
    ManagedChannel again = wire.connect(Names.CALLER, caller.keys());
    List<ConnectivityState> ofAgain = follow(again);
    var unused = again.getState(/* requestConnection= */ true);
    awaitEnd(ofAgain);
    assertThat(wire.refusals).containsExactly(Names.CALLER + " " + Why.EXPIRED);
  }

  /** A connection whose key is nobody's ends by itself, and is told of. */
  @Test
  void connect_keyOutsideTheLineage_toldAndEnded() throws Exception {
    ManagedChannel strange = wire.connect(Names.CALLER, CertificateRequest.newKeyPair());
    List<ConnectivityState> seen = follow(strange);
    var unused = strange.getState(/* requestConnection= */ true);

    awaitEnd(seen);

    assertThat(wire.refusals).containsExactly(Names.CALLER + " " + Why.UNKNOWN);
  }

  /** Users of a certificate are known while they are connected by it. */
  @Test
  void usersOfRefused_certificateRefusedMeanwhile_itsRunWhileConnected() throws Exception {
    assertThat(wire.connections.usersOfRefused()).isEmpty();
    wire.certificates =
        (plugin, leaf) ->
            plugin.equals(Names.CALLER.plugin()) ? Optional.of(Why.REVOKED) : Optional.empty();

    assertThat(wire.connections.usersOfRefused()).containsExactly(Names.CALLER);

    ManagedChannel second = wire.connect(Names.CALLER, caller.keys());
    List<ConnectivityState> ofSecond = follow(second);
    var unused = second.getState(/* requestConnection= */ true);
    awaitEnd(ofSecond);
    assertThat(wire.refusals).containsExactly(Names.CALLER + " " + Why.REVOKED);
    assertThat(wire.connections.usersOfRefused()).as("the first").containsExactly(Names.CALLER);
    caller.bare().shutdownNow();
    await().atMost(SOON).until(() -> wire.connections.usersOfRefused().isEmpty());
  }

  /** Without a plugin's certificate nobody is let in, and the host is told why. */
  @Test
  void ready_noPlugin_isToldAndRefused() {
    Attributes ready = wire.connections.transportReady(of(Optional.empty(), Optional.empty(), 0));

    assertThatThrownBy(() -> ConnectionAdmission.check(ready))
        .isInstanceOfSatisfying(
            NotAuthenticatedException.class, e -> assertThat(e.why()).isEqualTo(Why.MISSING));
    assertThat(wire.refusals).containsExactly("nobody " + Why.MISSING);
  }

  /** Others decide about administrators; until they do, no call is let in. */
  @Test
  void ready_admin_isLeftToOthersAndIsNoPlugin() {
    SpiffeId admin = new SpiffeId.OfAdmin(Names.HOST, new AdminName("ann"));

    Attributes ready = wire.connections.transportReady(of(Optional.of(admin), Optional.empty(), 0));

    assertThatThrownBy(() -> ConnectionAdmission.check(ready))
        .isInstanceOf(NotAuthenticatedException.class);
    assertThat(wire.refusals).isEmpty();
  }

  /** A key in the hands of another user of the machine is of no use. */
  @Test
  void ready_processOfAnotherUser_isToldAndRefused() throws Exception {
    List<Why> told = new ArrayList<>();
    ConnectionAdmission admission =
        new ConnectionAdmission(
            wire.lineages,
            CertificateRule.NONE,
            (plugin, uid) -> plugin.equals(Names.CALLER) && uid == 1234,
            (plugin, why, source) -> told.add(why));
    Optional<SpiffeId> id = Optional.of(Names.id(Names.CALLER));
    Optional<X509Certificate> leaf =
        Optional.of(wire.plugin(Names.CALLER, caller.keys()).chain().get(0));

    ConnectionAdmission.check(admission.transportReady(of(id, leaf, 1234)));
    assertThat(told).isEmpty();
    Attributes foreign = admission.transportReady(of(id, leaf, 1235));

    assertThatThrownBy(() -> ConnectionAdmission.check(foreign))
        .isInstanceOf(NotAuthenticatedException.class);
    assertThat(told).containsExactly(Why.FOREIGN);
  }

  /** Returns what a connection has of its peer, a process of the user {@code uid}. */
  private static Attributes of(
      Optional<SpiffeId> id, Optional<X509Certificate> certificate, int uid) {
    Peer peer =
        new Peer(id, certificate, Optional.of(new PeerProcess(1, uid)), /* connection= */ 1);
    return Attributes.newBuilder().set(Peer.KEY, peer).build();
  }
}
