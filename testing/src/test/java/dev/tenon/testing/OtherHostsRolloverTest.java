package dev.tenon.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.Issuer;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.SpiffeId;
import dev.tenon.host.AuthoritySettings;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.HostPeer;
import dev.tenon.host.PeerFiles;
import dev.tenon.host.PluginHost;
import dev.tenon.host.Succession;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The authority of one of two hosts is succeeded by another, which the other host has in a file.
 */
final class OtherHostsRolloverTest {
  private static final SpiffeId.OfHost A = SomeHosts.A;
  private static final SpiffeId.OfHost B = SomeHosts.B;
  private static final Duration SOON = Duration.ofSeconds(60);

  /** Shorter than the skew of certificates, so that those of its end are good on other clocks. */
  private static final Duration OVERLAP = Duration.ofSeconds(40);

  private final FakeClock clock = new FakeClock();
  private SomeHosts hosts;

  @BeforeEach
  void make() throws IOException {
    hosts = new SomeHosts(new SharedMemory());
  }

  @AfterEach
  void end() throws IOException {
    hosts.close();
  }

  /** Returns the file from which the other host has the authorities of {@code host}. */
  private Path file(SpiffeId.OfHost host) {
    return hosts.folder(host).resolve("authorities.pem");
  }

  /** Writes it as an operator does: a new file in the place of the old one. */
  private void publish(SpiffeId.OfHost host, Issuer... authorities) throws Exception {
    StringBuilder pem = new StringBuilder();
    for (Issuer authority : authorities) {
      for (X509Certificate root : authority.trustBundle()) {
        pem.append("-----BEGIN CERTIFICATE-----\n")
            .append(Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(root.getEncoded()))
            .append("\n-----END CERTIFICATE-----\n");
      }
    }
    Files.createDirectories(hosts.folder(host));
    Path next = Files.writeString(hosts.folder(host).resolve("next.pem"), pem, UTF_8);
    Files.setPosixFilePermissions(next, PosixFilePermissions.fromString("rw-r--r--"));
    Files.move(next, file(host), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Returns a host that has the authorities of {@code peer} from its file. */
  private HostBuilder host(SpiffeId.OfHost id, SpiffeId.OfHost peer) throws Exception {
    return hosts
        .host(id, SomeHosts.OPEN)
        .peers(PeerFiles.of(Map.of(peer, file(peer))).every(Duration.ofMillis(20)))
        .authorities(
            AuthoritySettings.DEFAULT.issuer(Role.HOST, hosts.authority(id)).overlap(OVERLAP));
  }

  private static void awaitPeer(PluginHost host, HostPeer peer) {
    await().atMost(SOON).until(() -> host.peers().all().equals(List.of(peer)));
  }

  private static List<X509Certificate> roots(Issuer one, Issuer other) {
    return List.of(one.trustBundle().get(0), other.trustBundle().get(0));
  }

  /**
   * The authority of the host that calls, or of the one that is called, rolls over: calls of all
   * kinds go on, a call that is open longer than all of it runs on once it is on a connection that
   * rests on the next authority, and the old authority is good for nothing then.
   */
  @ParameterizedTest
  @ValueSource(strings = {"h-0000000a", "h-0000000b"})
  void rollOver_underCallsBetweenHosts_noneFails(String name) throws Exception {
    SpiffeId.OfHost rolling = new SpiffeId.OfHost(SomeHosts.DOMAIN, name);
    EmbeddedAuthority before = hosts.authority(rolling);
    EmbeddedAuthority next =
        EmbeddedAuthority.create(SomeHosts.DOMAIN, Role.HOST, clock, new SecureRandom());
    publish(A, hosts.authority(A));
    publish(B, hosts.authority(B));
    HostBuilder ofB = host(B, A).plugin(SomeHosts.echo(B));
    HostBuilder ofA = host(A, B);
    PluginHost b = hosts.start(rolling.equals(B) ? ofB.clock(clock) : ofB);
    PluginHost a = hosts.start(rolling.equals(A) ? ofA.clock(clock) : ofA);
    PluginHost rolled = rolling.equals(A) ? a : b;
    PluginHost other = rolling.equals(A) ? b : a;

    try (EveryCall load =
        new EveryCall(
            "a", a.client(EchoGrpc::newStub), Duration.ofMillis(1), Duration.ofMillis(200))) {
      load.awaitNext();
      publish(rolling, before, next);
      awaitPeer(other, new HostPeer(rolling, roots(before, next)));
      Succession succession = rolled.authorities().rollOver(Role.HOST, next);
      succession.settled().get(SOON.toSeconds(), TimeUnit.SECONDS);
      // What the host that is called sent before this answer was read before it.
      assertThat(SomeHosts.echo(a)).isEqualTo("host@h-0000000a at h-0000000b");
      CompletableFuture<Status> opened = openCall(a);
      load.awaitNext(); // what was open on old connections has ended
      clock.advance(OVERLAP);
      succession.over().get(SOON.toSeconds(), TimeUnit.SECONDS);
      publish(rolling, next);
      awaitPeer(other, new HostPeer(rolling, next.trustBundle()));
      load.awaitNext();

      assertThat(load.failures()).isEmpty();
      assertThat(opened).isNotDone();
    }
    publish(rolling, before);
    awaitPeer(other, new HostPeer(rolling, before.trustBundle()));
    assertThatThrownBy(() -> SomeHosts.echo(a)).isInstanceOf(StatusRuntimeException.class);
  }

  /**
   * An authority that is taken out of the file is trusted no more at once: calls that rest on it
   * end on either side, and new ones are refused until it is back.
   */
  @ParameterizedTest
  @ValueSource(strings = {"h-0000000a", "h-0000000b"})
  void narrow_authorityInUse_endsItsConnections(String name) throws Exception {
    SpiffeId.OfHost narrowed = new SpiffeId.OfHost(SomeHosts.DOMAIN, name);
    EmbeddedAuthority another = SomeHosts.newAuthority();
    publish(A, hosts.authority(A));
    publish(B, hosts.authority(B));
    var unused = hosts.start(host(B, A).plugin(SomeHosts.echo(B)));
    PluginHost a = hosts.start(host(A, B));
    CompletableFuture<Status> ended = openCall(a);

    publish(narrowed, another);

    assertThat(ended.get(SOON.toSeconds(), TimeUnit.SECONDS).getCode())
        .isEqualTo(Status.Code.UNAVAILABLE);
    assertThatThrownBy(() -> SomeHosts.echo(a)).isInstanceOf(StatusRuntimeException.class);

    publish(narrowed, hosts.authority(narrowed));
    await()
        .atMost(SOON)
        .ignoreExceptionsInstanceOf(StatusRuntimeException.class)
        .until(() -> SomeHosts.echo(a).equals("host@h-0000000a at h-0000000b"));
  }

  /** An authority that is added costs no connection: an open call runs on over it. */
  @Test
  void widen_authorityBesideTheOneInUse_endsNothing() throws Exception {
    EmbeddedAuthority another = SomeHosts.newAuthority();
    publish(A, hosts.authority(A));
    publish(B, hosts.authority(B));
    PluginHost b = hosts.start(host(B, A).plugin(SomeHosts.echo(B)));
    PluginHost a = hosts.start(host(A, B));
    CompletableFuture<Status> ended = openCall(a);

    publish(A, hosts.authority(A), another);
    publish(B, hosts.authority(B), another);
    awaitPeer(b, new HostPeer(A, roots(hosts.authority(A), another)));
    awaitPeer(a, new HostPeer(B, roots(hosts.authority(B), another)));

    assertThat(SomeHosts.echo(a)).isEqualTo("host@h-0000000a at h-0000000b");
    assertThat(ended).isNotDone();
  }

  /** Begins a call of {@code host} that is answered and stays open; returns how it ends. */
  private static CompletableFuture<Status> openCall(PluginHost host) throws Exception {
    CompletableFuture<Void> answered = new CompletableFuture<>();
    CompletableFuture<Status> ended = new CompletableFuture<>();
    host.client(EchoGrpc::newStub)
        .bidi(SomeHosts.noting(answered, ended))
        .onNext(EchoRequest.getDefaultInstance());
    answered.get(SOON.toSeconds(), TimeUnit.SECONDS);
    return ended;
  }
}
