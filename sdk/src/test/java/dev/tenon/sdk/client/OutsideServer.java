package dev.tenon.sdk.client;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.protobuf.ByteString;
import dev.tenon.core.SpiffeId;
import dev.tenon.sdk.TestAuthority;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.transport.CertificateRequest;
import io.grpc.Attributes;
import io.grpc.ChannelCredentials;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Deadline;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerTransportFilter;
import io.grpc.TlsChannelCredentials;
import io.grpc.TlsServerCredentials;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * A server that is no part of Tenon: answers over TLS with its own name and the headers that it
 * got, remembers each call, and counts connections. Asks for a client's certificate, and takes
 * calls without.
 */
final class OutsideServer extends EchoGrpc.EchoImplBase implements AutoCloseable {
  static final String NAME = "payments.example";
  static final TestAuthority AUTHORITY = new TestAuthority("outside", NAME);

  final AtomicInteger connections = new AtomicInteger();
  final List<Seen> seen = new CopyOnWriteArrayList<>();
  final HealthStatusManager health = new HealthStatusManager();
  private final String name;
  private final Server server;

  /** A call as the server saw it. */
  record Seen(
      String method, Metadata headers, @Nullable SSLSession session, @Nullable Deadline deadline) {
    /** Returns the certificate that the client showed. */
    X509Certificate client() throws IOException {
      return (X509Certificate) Objects.requireNonNull(session, "session").getPeerCertificates()[0];
    }
  }

  private OutsideServer(String name, TestAuthority authority, InetSocketAddress listen) {
    this.name = name;
    KeyPair keys = CertificateRequest.newKeyPair();
    try {
      server =
          NettyServerBuilder.forAddress(
                  listen,
                  TlsServerCredentials.newBuilder()
                      .keyManager(certificate(authority, "server", keys), pem(keys))
                      .trustManager(root())
                      .clientAuth(TlsServerCredentials.ClientAuth.OPTIONAL)
                      .build())
              .addService(this)
              .addService(health.getHealthService())
              .intercept(new Remembering())
              .addTransportFilter(new Counting())
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static OutsideServer start(String name) {
    return start(name, AUTHORITY);
  }

  static OutsideServer start(String name, TestAuthority authority) {
    return new OutsideServer(
        name, authority, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  static OutsideServer startAt(String name, String address, int port) {
    return new OutsideServer(name, AUTHORITY, new InetSocketAddress(address, port));
  }

  int port() {
    return server.getPort();
  }

  ServiceEndpoint endpoint() {
    return ServiceEndpoint.at("tcp:127.0.0.1:" + port());
  }

  /** Returns what trusts the authority of these servers. */
  static TlsChannelCredentials.Builder trust() {
    try {
      return TlsChannelCredentials.newBuilder().trustManager(root());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns what also shows a certificate for {@code run}. */
  static ChannelCredentials mutual(String run) {
    KeyPair keys = CertificateRequest.newKeyPair();
    try {
      return trust().keyManager(certificate(AUTHORITY, run, keys), pem(keys)).build();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String rootPem() {
    try {
      return pem("CERTIFICATE", AUTHORITY.bundle().get(0).getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static InputStream root() {
    return new ByteArrayInputStream(rootPem().getBytes(US_ASCII));
  }

  private static InputStream certificate(TestAuthority authority, String host, KeyPair keys) {
    SpiffeId id = SpiffeId.parse("spiffe://outside.test/host/" + host);
    try {
      return new ByteArrayInputStream(
          pem(
                  "CERTIFICATE",
                  authority
                      .issue(id, keys.getPublic(), Instant.now().plus(Duration.ofHours(1)))
                      .getEncoded())
              .getBytes(US_ASCII));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static InputStream pem(KeyPair keys) {
    return new ByteArrayInputStream(
        pem("PRIVATE KEY", keys.getPrivate().getEncoded()).getBytes(US_ASCII));
  }

  private static String pem(String kind, byte[] der) {
    return "-----BEGIN %s-----%n%s%n-----END %s-----%n"
        .formatted(kind, Base64.getMimeEncoder().encodeToString(der), kind);
  }

  @Override
  public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
    if (request.getHang()) {
      ((ServerCallStreamObserver<EchoResponse>) response).setOnCancelHandler(() -> {});
      return;
    }
    response.onNext(
        EchoResponse.newBuilder()
            .setCaller(name)
            .setPayload(ByteString.copyFromUtf8(Remembering.HEADERS.get()))
            .build());
    response.onCompleted();
  }

  /** Remembers each call, and hands its headers on. */
  private final class Remembering implements ServerInterceptor {
    private static final Context.Key<String> HEADERS = Context.key("headers");

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      seen.add(
          new Seen(
              call.getMethodDescriptor().getFullMethodName(),
              headers,
              call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION),
              Context.current().getDeadline()));
      Context context = Context.current().withValue(HEADERS, headers.toString());
      return Contexts.interceptCall(context, call, headers, next);
    }
  }

  private final class Counting extends ServerTransportFilter {
    @Override
    public Attributes transportReady(Attributes attributes) {
      connections.incrementAndGet();
      return attributes;
    }
  }

  /** Ends its connections, and takes no more. */
  void stop() {
    server.shutdownNow();
    try {
      server.awaitTermination(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    stop();
  }
}
