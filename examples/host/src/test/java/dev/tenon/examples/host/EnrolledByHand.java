package dev.tenon.examples.host;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import dev.tenon.transport.Bootstrap;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.ClientTls;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.PeerRule;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import dev.tenon.v1.EnrolRequest;
import dev.tenon.v1.EnrolResponse;
import dev.tenon.v1.EnrolmentGrpc;
import dev.tenon.v1.Health;
import dev.tenon.v1.LifecycleGrpc;
import dev.tenon.v1.ProtocolRange;
import dev.tenon.v1.ReportHealthRequest;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A remote plugin that a test plays: it enrols from its bootstrap file, and keeps what it was given
 * as it is.
 */
final class EnrolledByHand implements AutoCloseable {
  private final Transport transport = Transport.create(TlsProvider.preferred());
  private final List<ManagedChannel> channels = new ArrayList<>();
  private final Bootstrap bootstrap;
  private final Channel control;

  private EnrolledByHand(Bootstrap bootstrap) throws CertificateException {
    this.bootstrap = bootstrap;
    KeyPair keys = CertificateRequest.newKeyPair();
    EnrolResponse answer =
        EnrolmentGrpc.newBlockingStub(
                connect(bootstrap.enrol(), Credentials.trustOnly(bootstrap.trustBundle())))
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .enrol(
                EnrolRequest.newBuilder()
                    .setEnrolmentToken(bootstrap.enrolmentToken().exposeForWire())
                    .setPlugin(bootstrap.plugin().value())
                    .setRuntimeId(bootstrap.runtimeId().value())
                    .setVersion("1.0.0")
                    .setProtocol(ProtocolRange.newBuilder().setMin(1).setMax(1))
                    .setCertificateRequest(ByteString.copyFrom(CertificateRequest.create(keys)))
                    .build());
    Credentials credentials =
        Credentials.of(
            keys.getPrivate(),
            parsed(answer.getCertificateChainList()),
            parsed(answer.getTrustBundleList()));
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
        "Bearer " + answer.getRuntimeToken());
    control =
        ClientInterceptors.intercept(
            connect(bootstrap.control(), credentials),
            MetadataUtils.newAttachHeadersInterceptor(headers));
    reportHealth(); // a plugin without a connection to control is ended
  }

  /**
   * Describes the remote plugin {@code name} in the folder {@code plugins}; its bootstrap file will
   * be in {@code secrets}, which is made.
   *
   * @return that file
   */
  static Path describe(Path plugins, String name, Path secrets) throws IOException {
    Files.createDirectory(
        secrets,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Path document = secrets.resolve(name + ".json");
    Files.writeString(
        Files.createDirectories(plugins.resolve(name)).resolve("plugin.toml"),
        "name = \"%s\"\nversion = \"1.0.0\"\nlaunch = \"remote\"\nbootstrap = \"%s\"\n"
                .formatted(name, document)
            + "listen = \"tcp:127.0.0.1:1\"\n"); // where nobody is
    return document;
  }

  /** Enrols by the bootstrap document in {@code file}. */
  static EnrolledByHand from(Path file) throws IOException, CertificateException {
    return new EnrolledByHand(Bootstrap.parse(Files.readString(file).getBytes(UTF_8)));
  }

  private static List<X509Certificate> parsed(List<ByteString> certificates)
      throws CertificateException {
    CertificateFactory x509 = CertificateFactory.getInstance("X.509");
    List<X509Certificate> parsed = new ArrayList<>();
    for (ByteString der : certificates) {
      parsed.add(
          (X509Certificate) x509.generateCertificate(new ByteArrayInputStream(der.toByteArray())));
    }
    return parsed;
  }

  private ManagedChannel connect(Endpoint to, Credentials with) {
    ClientTls tls =
        new ClientTls(() -> with, PeerRule.exactly(bootstrap.hostId()), bootstrap.serverName());
    ManagedChannel channel = transport.channel(to, tls).build();
    channels.add(channel);
    return channel;
  }

  /** Returns the one connection to control, on which calls carry the token. */
  Channel control() {
    return control;
  }

  void reportHealth() {
    var unused =
        LifecycleGrpc.newBlockingStub(control)
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .reportHealth(
                ReportHealthRequest.newBuilder().setHealth(Health.HEALTH_HEALTHY).build());
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    transport.close();
  }
}
