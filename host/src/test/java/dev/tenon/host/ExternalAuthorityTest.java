package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tenon.auth.issue.CertificateRequests;
import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.IssueFailedException;
import dev.tenon.auth.issue.Issuer;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.transport.CertificateRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Plugins' certificates come from an authority elsewhere, that an adapter of the embedder's sends
 * requests to: enrolment and renewal are those of every host. Row: PK-29.
 */
class ExternalAuthorityTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private TestHost host;
  private Remote remote;

  /** The authority: signs what is posted to it for the id in a header, or lies. */
  private static final class Remote implements AutoCloseable {
    private final HttpServer server;
    private final EmbeddedAuthority authority;
    private volatile Answer answer = Answer.HONEST;

    private enum Answer {
      HONEST,
      OTHER_KEY,
      BROKEN_CERTIFICATE,
      DOWN
    }

    Remote(TestHost host) throws IOException {
      authority =
          EmbeddedAuthority.create(
              new TrustDomain("tenon.internal"), Role.PLUGIN, host.clock, new SecureRandom());
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext("/sign", this::sign);
      server.start();
    }

    private void sign(HttpExchange call) throws IOException {
      try (call) {
        byte[] signed = signed(call);
        call.sendResponseHeaders(answer == Answer.DOWN ? 503 : 200, signed.length);
        call.getResponseBody().write(signed);
      } catch (RefusedException | CertificateException e) {
        call.sendResponseHeaders(500, -1);
      }
    }

    private byte[] signed(HttpExchange call)
        throws IOException, RefusedException, CertificateException {
      PublicKey key = CertificateRequests.verify(call.getRequestBody().readAllBytes());
      SpiffeId id = SpiffeId.parse(call.getRequestHeaders().getFirst("spiffe-id"));
      PublicKey signing =
          answer == Answer.OTHER_KEY ? CertificateRequest.newKeyPair().getPublic() : key;
      byte[] der = authority.issue(id, signing).get(0).getEncoded();
      if (answer == Answer.BROKEN_CERTIFICATE) {
        der[der.length / 2]++;
      }
      return der;
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }

  /** What an embedder writes. */
  private static final class Adapter implements Issuer {
    private final Remote remote;
    private final HttpClient http = HttpClient.newHttpClient();

    Adapter(Remote remote) {
      this.remote = remote;
    }

    @Override
    public List<X509Certificate> issue(SpiffeId id, PublicKey key) throws IssueFailedException {
      throw new IssueFailedException("external authority: it wants a request");
    }

    @Override
    public List<X509Certificate> issue(SpiffeId id, PublicKey key, byte[] request)
        throws IssueFailedException {
      URI uri = URI.create("http://127.0.0.1:" + remote.server.getAddress().getPort() + "/sign");
      HttpRequest post =
          HttpRequest.newBuilder(uri)
              .timeout(PATIENCE)
              .header("spiffe-id", id.toString())
              .POST(HttpRequest.BodyPublishers.ofByteArray(request))
              .build();
      try {
        HttpResponse<byte[]> response = http.send(post, HttpResponse.BodyHandlers.ofByteArray());
        if (response.statusCode() != 200) {
          throw new IssueFailedException("external authority: status " + response.statusCode());
        }
        return List.of(
            (X509Certificate)
                CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(response.body())));
      } catch (IOException | CertificateException e) {
        throw new IssueFailedException("external authority: no certificate", e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IssueFailedException("external authority: interrupted", e);
      }
    }

    @Override
    public List<X509Certificate> trustBundle() {
      return remote.authority.trustBundle();
    }
  }

  @BeforeEach
  void start() throws Exception {
    host = TestHost.with("");
    remote = new Remote(host);
    host.set(
            builder ->
                builder.authorities(
                    AuthoritySettings.DEFAULT.issuer(Role.PLUGIN, new Adapter(remote))))
        .enrolled("alpha")
        .start();
  }

  @AfterEach
  void stop() {
    host.close();
    remote.close();
  }

  @Test
  void enrolAndRenew_externalAuthority_itsCertificatesAreUsed() throws Exception {
    RawPlugin alpha = host.plugin("alpha");
    PublicKey key = remote.authority.trustBundle().get(0).getPublicKey();
    alpha.credentials().chain().get(0).verify(key);
    KeyPair successor = CertificateRequest.newKeyPair();

    alpha.adopt(successor, alpha.renew(successor));

    alpha.credentials().chain().get(0).verify(key);
    alpha.healthy(); // over a new connection
  }

  /**
   * What is not as asked for is not handed out, nothing changes, and it is on record. Row: PK-9.
   */
  @Test
  void renew_authorityThatLiesOrIsDown_internalAndTheOldOneWorksOn() {
    RawPlugin alpha = host.plugin("alpha");
    for (Remote.Answer lie :
        List.of(Remote.Answer.OTHER_KEY, Remote.Answer.BROKEN_CERTIFICATE, Remote.Answer.DOWN)) {
      remote.answer = lie;
      Refused refused = Refused.by(() -> alpha.renew(CertificateRequest.newKeyPair()));
      assertThat(refused.is(Refusal.INTERNAL)).as(lie.name()).isTrue();
      assertThat(refused.text()).doesNotContain("external");
    }
    assertThat(host.audit.denials("renewal")).hasSize(3);
    remote.answer = Remote.Answer.HONEST;

    KeyPair successor = CertificateRequest.newKeyPair();
    alpha.adopt(successor, alpha.renew(successor));

    alpha.healthy();
  }
}
