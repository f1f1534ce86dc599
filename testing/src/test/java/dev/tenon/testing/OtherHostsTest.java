package dev.tenon.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.issue.Role;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Plugin;
import dev.tenon.core.PluginContext;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.core.Version;
import dev.tenon.host.AuthoritySettings;
import dev.tenon.host.HostPeer;
import dev.tenon.host.PluginHost;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls to providers behind other hosts, between hosts as a program has them. */
final class OtherHostsTest {
  private static final SpiffeId.OfHost A = SomeHosts.A;
  private static final SpiffeId.OfHost B = SomeHosts.B;
  private static final SpiffeId.OfHost C = SomeHosts.C;
  private static final Duration SOON = Duration.ofSeconds(60);

  /** Found by the process that {@link ProgramFolder} starts. */
  static final TenonTest ECHO = TenonTest.with(SomeHosts.echo(B));

  private SomeHosts hosts;

  @BeforeEach
  void make() throws IOException {
    hosts = new SomeHosts(new SharedMemory());
  }

  @AfterEach
  void end() throws IOException {
    hosts.close();
  }

  private static Status.Code refusal(PluginHost host) {
    try {
      throw new AssertionError("answered: " + SomeHosts.echo(host));
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }

  private PluginHost provider(SpiffeId.OfHost id, String policy, SpiffeId.OfHost... peers)
      throws Exception {
    return hosts.start(hosts.host(id, policy, peers).plugin(SomeHosts.echo(id)));
  }

  private PluginHost caller(SpiffeId.OfHost id, String policy, SpiffeId.OfHost... peers)
      throws Exception {
    return hosts.start(hosts.host(id, policy, peers));
  }

  /** A plugin that only calls, with what it calls with. */
  private static Plugin asking(CompletableFuture<PluginContext> context) {
    return Plugin.named("asking")
        .version("1.0.0")
        .requires(EchoGrpc.SERVICE_NAME, ">=1.0.0")
        .provides(
            OtherGrpc.SERVICE_NAME,
            given -> {
              context.complete(given);
              return new OtherGrpc.OtherImplBase() {};
            })
        .build();
  }

  /**
   * A host and a plugin of it, over mTLS each step: to a process behind another host. The provider
   * sees who calls, under a name that is none of its own host's.
   */
  @Test
  void call_ofHostAndPlugin_reachesProcessBehindOtherHost() throws Exception {
    PluginDefinition process =
        ProgramFolder.make(
            hosts.folder(B).resolve("p"),
            SomeHosts.echo(B),
            OtherHostsTest.class.getDeclaredField("ECHO"));
    PluginHost b = hosts.start(hosts.host(B, SomeHosts.OPEN, A).plugin(process));
    CompletableFuture<PluginContext> context = new CompletableFuture<>();
    Plugin asking = asking(context);
    PluginHost a =
        hosts.start(
            hosts
                .host(
                    A,
                    SomeHosts.OPEN
                        + "[[provide]]\n"
                        + "plugin = \"asking\"\n"
                        + "services = [\"testservice.v1.Other\"]\n",
                    B)
                .plugin(
                    new PluginDefinition(
                        asking.name(),
                        new Version("1.0.0"),
                        new InJvmRuntime(asking, InstantSource.system()))));

    EchoResponse ofHost =
        a.client(EchoGrpc::newBlockingStub).unary(EchoRequest.getDefaultInstance());
    EchoResponse ofPlugin =
        context
            .get(60, TimeUnit.SECONDS)
            .client(EchoGrpc::newBlockingStub)
            .unary(EchoRequest.getDefaultInstance());

    assertThat(ofHost.getPid()).isEqualTo(b.plugins().get(0).pid().orElseThrow());
    assertThat(ofHost.getCaller()).isEqualTo(A.toString());
    assertThat(ofHost.getPayload().toStringUtf8()).startsWith("host@h-0000000a at ");
    assertThat(ofPlugin.getCaller()).startsWith(A + "/plugin/asking/");
    assertThat(ofPlugin.getPayload().toStringUtf8()).startsWith("asking@h-0000000a at ");
    try (EveryCall load =
        new EveryCall(
            "a", a.client(EchoGrpc::newStub), Duration.ofMillis(1), Duration.ofMillis(200))) {
      load.awaitNext();
      assertThat(load.failures()).isEmpty();
    }
    assertThat(hosts.audit(A))
        .anyMatch(line -> line.contains("relay") && line.contains("\"" + B + "\""));
    assertThat(hosts.audit(B))
        .anyMatch(line -> line.contains("relay") && line.contains("\"host@h-0000000a\""));
  }

  /** The own provider serves as long as it can; who is behind another host comes after it. */
  @Test
  void call_ownProviderToo_goesToIt() throws Exception {
    provider(B, SomeHosts.OPEN, A);
    PluginHost a = provider(A, SomeHosts.OPEN, B);

    assertThat(SomeHosts.echo(a)).isEqualTo("host at h-0000000a");
    var unused = a.remove(SomeHosts.echo(A).name());
    assertThat(SomeHosts.echo(a)).isEqualTo("host@h-0000000a at h-0000000b");
  }

  private void awaitRecordAtB(String one, String other) {
    await()
        .atMost(SOON)
        .until(
            () ->
                hosts.audit(B).stream()
                    .anyMatch(line -> line.contains(one) && line.contains(other)));
  }

  /** A call from another host goes no further, even to a host that this one may call itself. */
  @Test
  void call_providerTwoHostsAway_isNotRelayedTwice() throws Exception {
    provider(C, SomeHosts.OPEN, A, B);
    PluginHost b = caller(B, SomeHosts.OPEN, A, C);
    PluginHost a = caller(A, SomeHosts.OPEN, B);

    assertThat(SomeHosts.echo(b)).isEqualTo("host@h-0000000b at h-0000000c");
    assertThat(refusal(a))
        .isEqualTo(Status.Code.UNAVAILABLE); // it does not know C, and B relays not
    assertThat(a.registrations()).isEmpty();
  }

  @Test
  void call_hostNotNamedThere_isRefusedAndOnRecord() throws Exception {
    provider(B, SomeHosts.OPEN, A);
    PluginHost c = caller(C, SomeHosts.OPEN, B);

    assertThat(refusal(c)).isEqualTo(Status.Code.UNAVAILABLE);
    awaitRecordAtB("\"connection\"", "denied");
  }

  @Test
  void call_deniedByTheOtherHostsPolicy_isDenied() throws Exception {
    provider(
        B, SomeHosts.OPEN.replace("caller = \"*@h-0000000a\"", "caller = \"x@h-0000000a\""), A);
    PluginHost a = caller(A, SomeHosts.OPEN, B);

    assertThat(refusal(a)).isEqualTo(Status.Code.PERMISSION_DENIED);
    awaitRecordAtB("refuse", "\"host@h-0000000a\"");
  }

  /**
   * What another host says of its plugins counts as far as this host's policy lets them provide.
   */
  @Test
  void registrations_claimThatPolicyDoesNotGiveTheHost_isNotBelieved() throws Exception {
    provider(B, SomeHosts.OPEN, A);
    String own =
        SomeHosts.OPEN.replace("plugin = \"echo@h-0000000b\"", "plugin = \"x@h-0000000b\"");
    PluginHost a = caller(A, own, B);

    assertThat(a.registrations()).isEmpty();
    assertThat(refusal(a)).isEqualTo(Status.Code.UNAVAILABLE);

    a.policy().replace(Policy.parse(SomeHosts.OPEN), "test");
    assertThat(a.registrations()).hasSize(1);
    assertThat(SomeHosts.echo(a)).isEqualTo("host@h-0000000a at h-0000000b");
    a.policy().replace(Policy.parse(own), "test");
    assertThat(a.registrations()).isEmpty();
  }

  /**
   * Each authority speaks for its own host: one that B trusts as C's cannot make an A.
   *
   * <p>Denies: hosts CREDENTIAL_FOREIGN.
   */
  @Test
  void call_hostThatPosesAsAnother_isRefused() throws Exception {
    provider(B, SomeHosts.OPEN, A, C);
    PluginHost posing =
        hosts.start(
            hosts
                .host(A, hosts.folder(C).resolve("a"), hosts.authority(C), SomeHosts.OPEN)
                .peers(hosts.peer(B)));

    assertThat(refusal(posing)).isEqualTo(Status.Code.UNAVAILABLE);
    awaitRecordAtB("foreign", "host@h-0000000a");
  }

  /** Whoever is at the address that the registry tells must be that host, by its own authority. */
  @Test
  void call_otherHostOfAnotherAuthority_isUnavailable() throws Exception {
    provider(B, SomeHosts.OPEN, A);
    HostPeer mistaken = new HostPeer(B, SomeHosts.newAuthority().trustBundle());
    PluginHost a = hosts.start(hosts.host(A, SomeHosts.OPEN).peers(mistaken));

    assertThat(a.registrations()).hasSize(1);
    assertThat(refusal(a)).isEqualTo(Status.Code.UNAVAILABLE);
  }

  /** Open calls end, new ones are refused, and another list lets them in again. */
  @Test
  void replace_hostNamedNoMore_losesItsConnections() throws Exception {
    PluginHost b = provider(B, SomeHosts.OPEN, A);
    PluginHost a = caller(A, SomeHosts.OPEN, B);
    CompletableFuture<Status> ended = openCall(a);

    b.peers().replace(List.of());

    assertThat(ended.get(60, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(refusal(a)).isEqualTo(Status.Code.UNAVAILABLE);
    b.peers().replace(List.of(hosts.peer(A)));
    await()
        .atMost(SOON)
        .ignoreExceptionsInstanceOf(StatusRuntimeException.class)
        .until(() -> SomeHosts.echo(a).equals("host@h-0000000a at h-0000000b"));
    assertThat(hosts.audit(B))
        .anyMatch(line -> line.contains("\"peers\"") && line.contains("replace"));
  }

  /** Begins a call of {@code host} that is answered and stays open; returns how it ends. */
  private static CompletableFuture<Status> openCall(PluginHost host) throws Exception {
    CompletableFuture<Void> answered = new CompletableFuture<>();
    CompletableFuture<Status> ended = new CompletableFuture<>();
    host.client(EchoGrpc::newStub)
        .bidi(SomeHosts.noting(answered, ended))
        .onNext(EchoRequest.getDefaultInstance());
    answered.get(60, TimeUnit.SECONDS);
    return ended;
  }

  /** Calls go only where this host says so too; what is said of it is forgotten at once. */
  @Test
  void replace_onTheCallersSide_endsItsConnectionsAndBelief() throws Exception {
    provider(B, SomeHosts.OPEN, A);
    PluginHost a = caller(A, SomeHosts.OPEN, B);
    CompletableFuture<Status> ended = openCall(a);

    a.peers().replace(List.of());

    assertThat(ended.get(60, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(a.registrations()).isEmpty();
  }

  /**
   * The certificate of a host is taken back like any other.
   *
   * <p>Denies: hosts CREDENTIAL_REVOKED.
   */
  @Test
  void revokeSerial_ofHost_endsItsConnections() throws Exception {
    PluginHost b = provider(B, SomeHosts.OPEN, A);
    SerialNumbers serials = new SerialNumbers(hosts.authority(A));
    PluginHost a =
        hosts.start(
            hosts
                .host(A, SomeHosts.OPEN, B)
                .authorities(AuthoritySettings.DEFAULT.issuer(Role.HOST, serials)));
    CompletableFuture<Status> ended = openCall(a);

    b.certificates().revokeSerial(serials.last());

    assertThat(ended.get(60, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(refusal(a)).isEqualTo(Status.Code.UNAVAILABLE);
  }

  /** So is that of a host to which calls go: the connections to it end where it was revoked. */
  @Test
  void revokeSerial_ofProvidersHost_endsTheConnectionsToIt() throws Exception {
    SerialNumbers serials = new SerialNumbers(hosts.authority(B));
    PluginHost b =
        hosts.start(
            hosts
                .host(B, SomeHosts.OPEN, A)
                .plugin(SomeHosts.echo(B))
                .authorities(AuthoritySettings.DEFAULT.issuer(Role.HOST, serials)));
    PluginHost a = caller(A, SomeHosts.OPEN, B);
    CompletableFuture<Status> ended = openCall(a);

    a.certificates().revokeSerial(serials.last());

    assertThat(ended.get(60, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(refusal(a)).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(b.peers().all()).hasSize(1);
  }

  @Test
  void peers_none_hostListensForNobody() throws Exception {
    try (SomeHosts alone = new SomeHosts(new SharedMemory())) {
      PluginHost a =
          alone.start(
              PluginHost.builder()
                  .state(alone.folder(A).resolve("s"))
                  .run(alone.folder(A).resolve("r")));

      assertThat(a.peers().endpoint()).isEmpty();
      assertThat(a.peers().all()).isEmpty();
      assertThatIllegalStateException().isThrownBy(() -> a.peers().replace(List.of(alone.peer(B))));
    }
  }

  @Test
  void replace_whatIsNoPeer_isRefused() throws Exception {
    PluginHost a = caller(A, SomeHosts.OPEN, B);
    SpiffeId.OfHost foreign = new SpiffeId.OfHost(new TrustDomain("other.test"), "h-0000000b");

    for (List<HostPeer> wrong :
        List.of(
            List.of(hosts.peer(A)),
            List.of(hosts.peer(B), hosts.peer(B)),
            List.of(new HostPeer(foreign, hosts.authority(B).trustBundle())))) {
      assertThatIllegalArgumentException().isThrownBy(() -> a.peers().replace(wrong));
    }
    assertThatIllegalArgumentException().isThrownBy(() -> new HostPeer(B, List.of()));
    assertThat(a.peers().all()).containsExactly(hosts.peer(B));
    assertThatThrownBy(() -> HostPeer.load(B, hosts.folder(A).resolve("missing.pem")))
        .isInstanceOf(ConfigException.class);
  }
}
