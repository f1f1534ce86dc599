package dev.tenon.examples.rogue;

import com.google.protobuf.ByteString;
import dev.tenon.transport.Bootstrap;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.ClientTls;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.PeerRule;
import dev.tenon.transport.ServerTls;
import dev.tenon.transport.Transport;
import dev.tenon.v1.EnrolRequest;
import dev.tenon.v1.EnrolResponse;
import dev.tenon.v1.EnrolmentGrpc;
import dev.tenon.v1.ProtocolRange;
import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.KeyPair;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What a run holds after an honest enrolment: a certificate, a token, and one connection each to
 * control and data. Thread-safe.
 */
final class Foothold {
  static final int MAX_WAIT_SECONDS = 10;

  private static final String PLUGIN_DNS_NAME = "plugin.tenon.internal";

  final Bootstrap bootstrap;
  final String token;
  final ManagedChannel control;
  final ManagedChannel data;
  private final Transport transport;
  private final Credentials credentials;

  private Foothold(Transport transport, Bootstrap bootstrap, KeyPair keys, EnrolResponse given)
      throws CertificateException {
    this.transport = transport;
    this.bootstrap = bootstrap;
    token = given.getRuntimeToken();
    credentials =
        Credentials.of(
            keys.getPrivate(),
            certificates(given.getCertificateChainList()),
            certificates(given.getTrustBundleList()));
    control = toHost(bootstrap.control(), credentials);
    data = toHost(bootstrap.data(), credentials);
  }

  /** Enrols as any plugin does, and declares that it means to provide {@code services}. */
  static Foothold gain(Transport transport, Bootstrap bootstrap, List<String> services)
      throws CertificateException {
    KeyPair keys = CertificateRequest.newKeyPair();
    EnrolRequest request =
        enrolRequest(bootstrap, keys)
            .setEnrolmentToken(bootstrap.enrolmentToken().exposeForWire())
            .addAllProvides(services)
            .build();
    ManagedChannel enrol = enrolChannel(transport, bootstrap);
    try {
      EnrolResponse given =
          EnrolmentGrpc.newBlockingStub(enrol)
              .withDeadlineAfter(MAX_WAIT_SECONDS, TimeUnit.SECONDS)
              .enrol(request);
      return new Foothold(transport, bootstrap, keys, given);
    } finally {
      enrol.shutdownNow();
    }
  }

  /** Returns a request that lacks a token, in the name of this run. */
  static EnrolRequest.Builder enrolRequest(Bootstrap bootstrap, KeyPair keys) {
    return EnrolRequest.newBuilder()
        .setPlugin(bootstrap.plugin().value())
        .setRuntimeId(bootstrap.runtimeId().value())
        .setVersion(RoguePlugin.VERSION)
        .setProtocol(ProtocolRange.newBuilder().setMin(1).setMax(1))
        .setCertificateRequest(ByteString.copyFrom(CertificateRequest.create(keys)));
  }

  private static ManagedChannel enrolChannel(Transport transport, Bootstrap bootstrap) {
    return toHost(
        transport, bootstrap, bootstrap.enrol(), Credentials.trustOnly(bootstrap.trustBundle()));
  }

  /** Returns a new connection to the enrolment address. */
  ManagedChannel enrolment() {
    return enrolChannel(transport, bootstrap);
  }

  private ManagedChannel toHost(Endpoint to, Credentials with) {
    return toHost(transport, bootstrap, to, with);
  }

  private static ManagedChannel toHost(
      Transport transport, Bootstrap bootstrap, Endpoint to, Credentials with) {
    ClientTls tls =
        new ClientTls(() -> with, PeerRule.exactly(bootstrap.hostId()), bootstrap.serverName());
    return transport.channel(to, tls).build();
  }

  /** Returns a connection past the host, to another plugin's own socket. */
  ManagedChannel toPlugin(Endpoint victim) {
    ClientTls tls =
        new ClientTls(() -> credentials, PeerRule.pluginsOf(bootstrap.hostId()), PLUGIN_DNS_NAME);
    return transport.channel(victim, tls).build();
  }

  /** Serves to the host on the run's own address. */
  Server serve(List<BindableService> services) throws IOException {
    ServerTls tls =
        new ServerTls(
            () -> credentials, ServerTls.ClientAuth.REQUIRED, PeerRule.exactly(bootstrap.hostId()));
    ServerBuilder<?> server = transport.server(bootstrap.listen(), tls);
    services.forEach(server::addService);
    return server.build().start();
  }

  private static List<X509Certificate> certificates(List<ByteString> encoded)
      throws CertificateException {
    CertificateFactory x509 = CertificateFactory.getInstance("X.509");
    List<X509Certificate> certificates = new ArrayList<>();
    for (ByteString certificate : encoded) {
      certificates.add(
          (X509Certificate)
              x509.generateCertificate(new ByteArrayInputStream(certificate.toByteArray())));
    }
    return certificates;
  }
}
