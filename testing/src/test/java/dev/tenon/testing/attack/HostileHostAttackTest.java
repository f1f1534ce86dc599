package dev.tenon.testing.attack;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import dev.tenon.auth.issue.CertificateRequests;
import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.Plugin;
import dev.tenon.core.PluginName;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.Token;
import dev.tenon.core.TrustDomain;
import dev.tenon.sdk.RunningPlugin;
import dev.tenon.transport.Bootstrap;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.Dns;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.ServerTls;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import dev.tenon.v1.EnrolRequest;
import dev.tenon.v1.EnrolResponse;
import dev.tenon.v1.EnrolmentGrpc;
import dev.tenon.v1.OfferedService;
import io.grpc.Server;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A host that means its plugins harm: the SDK does not start, and says why without its token. The
 * oracles are about a host; here there is none to protect.
 */
class HostileHostAttackTest {
  private static final TrustDomain DOMAIN = new TrustDomain("tenon.internal");
  private static final SpiffeId.OfHost HOST = new SpiffeId.OfHost(DOMAIN, "h-1");
  private static final PluginName NAME = new PluginName("victim");
  private static final SpiffeId.OfPlugin VICTIM =
      new SpiffeId.OfPlugin(HOST, RuntimeId.of(NAME, 7));
  private static final Endpoint ANY = Endpoint.parse("tcp:127.0.0.1:0");

  private final Transport transport = Transport.create(TlsProvider.preferred());
  private final List<Server> servers = new ArrayList<>();
  private final EmbeddedAuthority plugins = authority(Role.PLUGIN, InstantSource.system());

  @AfterEach
  void close() {
    servers.forEach(Server::shutdownNow);
    transport.close();
  }

  private static EmbeddedAuthority authority(Role role, InstantSource clock) {
    return EmbeddedAuthority.create(DOMAIN, role, clock, new SecureRandom());
  }

  /** More services than anybody offers, and more than fit into a message. Attack: H24. */
  @Test
  void enrol_servicesWithoutEnd_pluginDoesNotStart() throws Exception {
    assertRefused(answer -> offering(answer, 1_001), "host_services: 1001");
    assertRefused(answer -> offering(answer, 500_000), "RESOURCE_EXHAUSTED");
  }

  private static EnrolResponse.Builder offering(EnrolResponse.Builder answer, int services) {
    return answer.addAllHostServices(
        Collections.nCopies(services, OfferedService.newBuilder().setService("acme.S").build()));
  }

  /** A token that has expired when it comes, at the beginning of time or never. Attack: H24. */
  @Test
  void enrol_expiryOutOfTime_pluginDoesNotStart() throws Exception {
    assertRefused(answer -> answer.clearTokenExpires(), "token_expires");
    assertRefused(answer -> expiring(answer, 0), "token_expires");
    assertRefused(answer -> expiring(answer, Long.MAX_VALUE), "token_expires");
  }

  private static EnrolResponse.Builder expiring(EnrolResponse.Builder answer, long seconds) {
    return answer.setTokenExpires(Timestamp.newBuilder().setSeconds(seconds));
  }

  /**
   * A version below the lowest, which a host could ask for to have less to keep to. Attack: H3,
   * H24.
   */
  @Test
  void enrol_otherVersion_pluginDoesNotStart() throws Exception {
    assertRefused(answer -> answer.setProtocol(0), "protocol: 0");
    assertRefused(answer -> answer.setProtocol(2), "protocol: 2");
    assertRefused(answer -> answer.setProtocol(Integer.MIN_VALUE), "protocol: 2147483648");
  }

  /** A certificate of the host that has expired: the token is not even sent. Attack: H24. */
  @Test
  void enrol_expiredCertificateOfTheHost_pluginDoesNotStart() throws Exception {
    Instant past = Instant.now().minus(Duration.ofDays(1));
    assertRefused(authority(Role.HOST, () -> past), answer -> answer, "UNAVAILABLE");
  }

  private void assertRefused(UnaryOperator<EnrolResponse.Builder> lie, String because)
      throws Exception {
    assertRefused(authority(Role.HOST, InstantSource.system()), lie, because);
  }

  private void assertRefused(
      EmbeddedAuthority hosts, UnaryOperator<EnrolResponse.Builder> lie, String because)
      throws Exception {
    Bootstrap bootstrap = serve(hosts, new Lying(hosts, lie));
    Plugin plugin = Plugin.named("victim").version("1.0.0").build();

    assertThatThrownBy(() -> RunningPlugin.start(plugin, bootstrap).close())
        .hasMessageContaining(because)
        .message()
        .doesNotContain("tne_", "tnr_");
  }

  private Bootstrap serve(EmbeddedAuthority hosts, Lying enrolment)
      throws IOException, RefusedException {
    KeyPair keys = CertificateRequest.newKeyPair();
    Credentials host =
        Credentials.of(
            keys.getPrivate(), hosts.issue(HOST, keys.getPublic()), plugins.trustBundle());
    ServerTls tls = new ServerTls(() -> host, ServerTls.ClientAuth.NONE, id -> false);
    Server server = transport.server(ANY, tls).addService(enrolment).build().start();
    servers.add(server);
    Endpoint bound = Transport.boundEndpoint(ANY, server);
    return new Bootstrap(
        NAME,
        VICTIM.runtimeId(),
        bound,
        bound,
        bound,
        Dns.HOST,
        HOST,
        hosts.trustBundle(),
        token(Token.Kind.ENROLMENT),
        Instant.now().plusSeconds(30),
        ANY);
  }

  private static Token token(Token.Kind kind) {
    byte[] secret = new byte[Token.SIZE_BYTES];
    new SecureRandom().nextBytes(secret);
    return Token.of(kind, secret);
  }

  /** Answers as a host would, but for the lie. */
  private final class Lying extends EnrolmentGrpc.EnrolmentImplBase {
    private final EmbeddedAuthority hosts;
    private final UnaryOperator<EnrolResponse.Builder> lie;

    Lying(EmbeddedAuthority hosts, UnaryOperator<EnrolResponse.Builder> lie) {
      this.hosts = hosts;
      this.lie = lie;
    }

    @Override
    public void enrol(EnrolRequest request, StreamObserver<EnrolResponse> observer) {
      observer.onNext(lie.apply(honest(request)).build());
      observer.onCompleted();
    }

    private EnrolResponse.Builder honest(EnrolRequest request) {
      EnrolResponse.Builder answer = EnrolResponse.newBuilder();
      try {
        byte[] key = request.getCertificateRequest().toByteArray();
        for (X509Certificate certificate : plugins.issue(VICTIM, CertificateRequests.verify(key))) {
          answer.addCertificateChain(ByteString.copyFrom(certificate.getEncoded()));
        }
        for (X509Certificate certificate : hosts.trustBundle()) {
          answer.addTrustBundle(ByteString.copyFrom(certificate.getEncoded()));
        }
      } catch (RefusedException | CertificateEncodingException e) {
        throw new AssertionError(e);
      }
      answer.getLimitsBuilder().setMaxMessageBytes(4 << 20).setMaxMetadataBytes(8 << 10);
      return expiring(answer, Instant.now().plusSeconds(3600).getEpochSecond())
          .setRuntimeToken(token(Token.Kind.RUNTIME).exposeForWire())
          .setProtocol(1)
          .setSpiffeId(VICTIM.toString());
    }
  }
}
