package dev.tenon.router.http2;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.router.http2.HeaderField.Indexing;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.Door;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.Listening;
import dev.tenon.transport.Loop;
import dev.tenon.transport.ServerTls;
import dev.tenon.transport.TlsFloor;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import java.nio.ByteBuffer;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The router's own HTTP/2 on a TLS listener, for a client without a certificate: what it answers is
 * a few bytes to each request that ends.
 */
final class PlainServer implements AutoCloseable {
  private static final HeaderField OK = HeaderField.of(":status", "200", Indexing.INDEXED);
  private static final byte[] BODY = "whatever was asked for\n".getBytes(US_ASCII);
  private static final int MAX_STREAMS = 100;

  private final Transport transport;
  private final Listening listening;
  private final Map<Loop, Flusher> flushers = new ConcurrentHashMap<>();

  PlainServer() throws Exception {
    transport = Transport.create(TlsProvider.preferred(), TlsFloor.TLS_1_2, InstantSource.system());
    TrustDomain domain = new TrustDomain("test.example");
    SpiffeId.OfHost host = new SpiffeId.OfHost(domain, "h1");
    EmbeddedAuthority authority =
        EmbeddedAuthority.create(domain, Role.HOST, InstantSource.system(), new SecureRandom());
    KeyPair keys = CertificateRequest.newKeyPair();
    Credentials credentials =
        Credentials.of(
            keys.getPrivate(), authority.issue(host, keys.getPublic()), authority.trustBundle());
    ServerTls tls = new ServerTls(() -> credentials, ServerTls.ClientAuth.NONE, id -> false);
    listening =
        transport.listen(
            Endpoint.parse("tcp:127.0.0.1:0"),
            tls,
            Door.OF_ONE_PEER,
            List.of(),
            link ->
                new ServerConnection(
                    link,
                    new Answers(),
                    MAX_STREAMS,
                    flushers.computeIfAbsent(link.loop(), Flusher::new)));
  }

  int port() {
    return ((Endpoint.Tcp) listening.endpoint()).port();
  }

  @Override
  public void close() {
    listening.close();
    transport.close();
  }

  private static final class Answers implements ServerConnection.Acceptor {
    @Override
    public StreamHandler accept(Http2Stream stream, List<HeaderField> head, boolean ends) {
      Answer answer = new Answer(stream);
      if (ends) {
        answer.give();
      }
      return answer;
    }

    @Override
    public Duration heldFor() {
      return Duration.ZERO;
    }

    @Override
    public void broken(ErrorCode code, String what) {
      // The client sees it.
    }

    @Override
    public void ended() {
      // Nothing is kept.
    }
  }

  private record Answer(Http2Stream stream) implements StreamHandler {
    void give() {
      stream.headers(List.of(OK), /* ends= */ false);
      int unused = stream.data(ByteBuffer.wrap(BODY), /* ends= */ true);
    }

    @Override
    public void headers(List<HeaderField> fields, boolean ends) {
      give();
    }

    @Override
    public void headersTooLong() {
      throw new AssertionError("of an answer");
    }

    @Override
    public void data(ByteBuffer part, boolean ends) {
      stream.consumed(part.remaining());
      if (ends) {
        give();
      }
    }

    @Override
    public void sent(int bytes) {
      // Nobody waits for it.
    }

    @Override
    public void ended(End why) {
      // Nothing is kept.
    }
  }
}
