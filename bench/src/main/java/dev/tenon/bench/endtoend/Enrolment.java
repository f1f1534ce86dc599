package dev.tenon.bench.endtoend;

import static java.util.concurrent.TimeUnit.SECONDS;

import com.google.protobuf.ByteString;
import dev.tenon.transport.Bootstrap;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.ClientTls;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.PeerRule;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import dev.tenon.v1.EnrolRequest;
import dev.tenon.v1.EnrolResponse;
import dev.tenon.v1.EnrolmentGrpc;
import dev.tenon.v1.Health;
import dev.tenon.v1.IntroduceRequest;
import dev.tenon.v1.IntroduceResponse;
import dev.tenon.v1.IntroductionsGrpc;
import dev.tenon.v1.LifecycleGrpc;
import dev.tenon.v1.ProtocolRange;
import dev.tenon.v1.RegisterRequest;
import dev.tenon.v1.RegistryGrpc;
import dev.tenon.v1.ReportHealthRequest;
import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/**
 * An enrolled plugin of the bench, without the SDK, which rightly shows its key to nobody: by
 * docs/protocol.md, sections 2 and 5. Its control connection is open until it is closed. One thread
 * uses it; prints no secret.
 */
final class Enrolment implements AutoCloseable {
  private static final String VERSION = "1.0.0";
  private static final long LIMIT_SECONDS = 30;

  private final Transport transport;
  private final KeyPair keys;
  private final EnrolResponse identity;
  private final ManagedChannel connection;
  private final Channel control;

  private Enrolment(Transport transport, Bootstrap bootstrap) throws IOException {
    this.transport = transport;
    keys = CertificateRequest.newKeyPair();
    identity = enrol(transport, bootstrap, keys);
    Credentials credentials =
        Credentials.of(
            keys.getPrivate(),
            certificates(identity.getCertificateChainList()),
            certificates(identity.getTrustBundleList()));
    connection = transport.channel(bootstrap.control(), tls(bootstrap, credentials)).build();
    control = ClientInterceptors.intercept(connection, bearer(identity.getRuntimeToken()));
  }

  /** Enrols with {@code bootstrap}, whose token is spent then. */
  static Enrolment of(Bootstrap bootstrap) throws IOException {
    Transport transport = Transport.create(TlsProvider.preferred());
    try {
      return new Enrolment(transport, bootstrap);
    } catch (IOException | RuntimeException e) {
      transport.close();
      throw e;
    }
  }

  private static ClientTls tls(Bootstrap bootstrap, Credentials credentials) {
    return new ClientTls(
        () -> credentials, PeerRule.exactly(bootstrap.hostId()), bootstrap.serverName());
  }

  /** Enrols with {@code bootstrap} and {@code keys} over a connection of its own. */
  static EnrolResponse enrol(Transport transport, Bootstrap bootstrap, KeyPair keys) {
    ClientTls tls = tls(bootstrap, Credentials.trustOnly(bootstrap.trustBundle()));
    ManagedChannel channel = transport.channel(bootstrap.enrol(), tls).build();
    EnrolRequest.Builder request =
        EnrolRequest.newBuilder()
            .setEnrolmentToken(bootstrap.enrolmentToken().exposeForWire())
            .setPlugin(bootstrap.plugin().value())
            .setRuntimeId(bootstrap.runtimeId().value())
            .setVersion(VERSION)
            .setProtocol(ProtocolRange.newBuilder().setMin(1).setMax(1))
            .setCertificateRequest(ByteString.copyFrom(CertificateRequest.create(keys)));
    if (bootstrap.plugin().value().equals(BenchPlugin.Role.BACKEND.plugin())) {
      request.addProvides(Backend.SERVICE);
    }
    try {
      return EnrolmentGrpc.newBlockingStub(channel)
          .withDeadlineAfter(LIMIT_SECONDS, SECONDS)
          .enrol(request.build());
    } finally {
      channel.shutdownNow();
    }
  }

  private static List<X509Certificate> certificates(List<ByteString> der) throws IOException {
    List<X509Certificate> certificates = new ArrayList<>();
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      for (ByteString one : der) {
        certificates.add(
            (X509Certificate)
                factory.generateCertificate(new ByteArrayInputStream(one.toByteArray())));
      }
    } catch (CertificateException e) {
      throw new IOException("enrolment: not a certificate (expected: DER)", e);
    }
    return certificates;
  }

  private static ClientInterceptor bearer(String token) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }

  /** Makes {@code folder} with key, certificates and token, for the C program. */
  void lend(Path folder) throws IOException {
    Access.lend(
        folder,
        keys.getPrivate(),
        certificates(identity.getCertificateChainList()),
        certificates(identity.getTrustBundleList()),
        identity.getRuntimeToken());
  }

  void register(String service) {
    var unused =
        RegistryGrpc.newBlockingStub(control)
            .withDeadlineAfter(LIMIT_SECONDS, SECONDS)
            .register(RegisterRequest.newBuilder().setService(service).setVersion(VERSION).build());
  }

  void reportHealthy() {
    var unused =
        LifecycleGrpc.newBlockingStub(control)
            .withDeadlineAfter(LIMIT_SECONDS, SECONDS)
            .reportHealth(
                ReportHealthRequest.newBuilder().setHealth(Health.HEALTH_HEALTHY).build());
  }

  /**
   * Asks for an introduction to the provider of {@link Backend#SERVICE}, and makes {@code folder}
   * with what the C program needs to call it; where that is there, the grant in it is a new one.
   * Returns false if there is no provider yet.
   */
  boolean introduce(Path folder) throws IOException {
    IntroduceRequest request =
        IntroduceRequest.newBuilder()
            .setService(Backend.SERVICE)
            .addAllMethods(Backend.METHODS)
            .build();
    try {
      lend(
          folder,
          IntroductionsGrpc.newBlockingStub(control)
              .withDeadlineAfter(LIMIT_SECONDS, SECONDS)
              .introduce(request));
      return true;
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.UNAVAILABLE) {
        return false;
      }
      throw e;
    }
  }

  private void lend(Path folder, IntroduceResponse introduced) throws IOException {
    if (!Files.exists(folder)) {
      Access made =
          Access.lend(
              folder,
              keys.getPrivate(),
              certificates(identity.getCertificateChainList()),
              certificates(introduced.getTrustBundleList()));
      made.write(BenchPlugin.ADDRESS_FILE, introduced.getAddress() + "\n");
    }
    Files.writeString(folder.resolve(Access.GRANT), introduced.getGrant() + "\n");
  }

  @Override
  public void close() {
    connection.shutdownNow();
    transport.close();
  }
}
