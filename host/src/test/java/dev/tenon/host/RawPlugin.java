package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import dev.tenon.core.Version;
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
import dev.tenon.v1.GrantRequest;
import dev.tenon.v1.GrantResponse;
import dev.tenon.v1.GrantsGrpc;
import dev.tenon.v1.Health;
import dev.tenon.v1.LifecycleGrpc;
import dev.tenon.v1.ProtocolRange;
import dev.tenon.v1.RegisterRequest;
import dev.tenon.v1.RegistryGrpc;
import dev.tenon.v1.RenewRequest;
import dev.tenon.v1.RenewResponse;
import dev.tenon.v1.RenewalGrpc;
import dev.tenon.v1.ReportHealthRequest;
import io.grpc.Attributes;
import io.grpc.BindableService;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerTransportFilter;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.MetadataUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyPair;
import java.security.SignatureException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A plugin that the test plays by hand, over real connections. It keeps the contract where a test
 * does not break it. For one thread at a time.
 */
final class RawPlugin implements AutoCloseable {
  /** The version that every plugin of these tests is configured with. */
  static final Version VERSION = new Version("1.0.0");

  static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  static final Metadata.Key<String> GRANT =
      Metadata.Key.of("tenon-grant", Metadata.ASCII_STRING_MARSHALLER);

  final Bootstrap bootstrap;
  private final Transport transport;
  private final List<ManagedChannel> channels = new ArrayList<>();
  private final List<Server> servers = new ArrayList<>();
  private final AtomicInteger connections = new AtomicInteger();
  private KeyPair keys = CertificateRequest.newKeyPair();
  private String token = "";
  private @Nullable Credentials credentials;
  private @Nullable ManagedChannel control;
  private @Nullable ManagedChannel data;

  RawPlugin(Transport transport, Bootstrap bootstrap) {
    this.transport = transport;
    this.bootstrap = bootstrap;
  }

  String runtimeId() {
    return bootstrap.runtimeId().value();
  }

  String token() {
    return token;
  }

  Credentials credentials() {
    return requireNonNull(credentials, "credentials: none (expected: enrolled)");
  }

  /** Returns the plugin's own certificate and key with trust in others than its host. */
  Credentials trusting(List<X509Certificate> bundle) {
    return Credentials.of(keys.getPrivate(), credentials().chain(), bundle);
  }

  /** Returns a request for a certificate of the key that the plugin has. */
  byte[] certificateRequest() {
    return CertificateRequest.create(keys);
  }

  /** Uses {@code leaf}, a certificate of the key that the plugin has, on new connections. */
  void use(X509Certificate leaf) {
    credentials = Credentials.of(keys.getPrivate(), List.of(leaf), credentials().trustBundle());
    control = null;
    data = null;
  }

  /** Returns a request with which enrolment succeeds. */
  EnrolRequest.Builder enrolRequest() {
    return EnrolRequest.newBuilder()
        .setEnrolmentToken(bootstrap.enrolmentToken().exposeForWire())
        .setPlugin(bootstrap.plugin().value())
        .setRuntimeId(runtimeId())
        .setVersion(VERSION.toString())
        .setProtocol(ProtocolRange.newBuilder().setMin(1).setMax(1))
        .setCertificateRequest(ByteString.copyFrom(CertificateRequest.create(keys)));
  }

  /** Enrols as a plugin that declares {@code provides}, and keeps what it is given. */
  EnrolResponse enrol(String... provides) {
    return enrol(enrolRequest().addAllProvides(List.of(provides)).build());
  }

  EnrolResponse enrol(EnrolRequest request) {
    EnrolResponse response = enrolment().enrol(request);
    keep(response.getCertificateChainList(), response.getTrustBundleList());
    token = response.getRuntimeToken();
    return response;
  }

  EnrolmentGrpc.EnrolmentBlockingStub enrolment() {
    return deadline(EnrolmentGrpc.newBlockingStub(enrolChannel()));
  }

  Channel enrolChannel() {
    return connect(bootstrap.enrol(), Credentials.trustOnly(bootstrap.trustBundle()));
  }

  /**
   * Enrols with the token of {@code again} and a new key, and uses what it is given on new
   * connections. The old ones stay open.
   */
  EnrolResponse enrolAgain(Bootstrap again, String... provides) {
    keys = CertificateRequest.newKeyPair();
    EnrolResponse response = enrol(requestWith(again, provides));
    control = null;
    data = null;
    return response;
  }

  /** Does the same, and cuts the old connection to control before there is a new one. */
  void enrolAgainCutting(Bootstrap again, String... provides) {
    ManagedChannel old = requireNonNull(control, "control");
    var unused = enrolAgain(again, provides);
    end(old);
  }

  /** Returns a request with the token of {@code again}. */
  EnrolRequest requestWith(Bootstrap again, String... provides) {
    return enrolRequest()
        .setEnrolmentToken(again.enrolmentToken().exposeForWire())
        .addAllProvides(List.of(provides))
        .build();
  }

  private void keep(List<ByteString> chain, List<ByteString> bundle) {
    credentials = Credentials.of(keys.getPrivate(), parse(chain), parse(bundle));
  }

  static List<X509Certificate> parse(List<ByteString> certificates) {
    try {
      CertificateFactory x509 = CertificateFactory.getInstance("X.509");
      List<X509Certificate> parsed = new ArrayList<>();
      for (ByteString certificate : certificates) {
        parsed.add(
            (X509Certificate)
                x509.generateCertificate(new ByteArrayInputStream(certificate.toByteArray())));
      }
      return parsed;
    } catch (CertificateException e) {
      throw new AssertionError(e);
    }
  }

  /** Returns whether the key of the certificate in {@code authority} has signed {@code leaf}. */
  static boolean isIssuedBy(X509Certificate leaf, Path authority) {
    try (InputStream in = Files.newInputStream(authority)) {
      leaf.verify(CertificateFactory.getInstance("X.509").generateCertificate(in).getPublicKey());
      return true;
    } catch (SignatureException | InvalidKeyException e) {
      return false;
    } catch (GeneralSecurityException | IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Connects to {@code to}, expecting the host there. */
  ManagedChannel connect(Endpoint to, Credentials with) {
    ClientTls tls =
        new ClientTls(() -> with, PeerRule.exactly(bootstrap.hostId()), bootstrap.serverName());
    ManagedChannel channel = transport.channel(to, tls).directExecutor().build();
    channels.add(channel);
    return channel;
  }

  /** Returns the one connection to control, on which calls carry these values and no others. */
  Channel control(String... authorization) {
    if (control == null) {
      control = connect(bootstrap.control(), credentials());
    }
    return authorized(control, authorization);
  }

  /** Returns the one connection to data, on which calls carry these values and no others. */
  Channel data(String... authorization) {
    if (data == null) {
      data = connect(bootstrap.data(), credentials());
    }
    return authorized(data, authorization);
  }

  static Channel authorized(Channel channel, String... values) {
    Metadata headers = new Metadata();
    for (String value : values) {
      headers.put(AUTHORIZATION, value);
    }
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  String bearer() {
    return "Bearer " + token;
  }

  static <S extends AbstractStub<S>> S deadline(S stub) {
    return stub.withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  RegistryGrpc.RegistryBlockingStub registry() {
    return deadline(RegistryGrpc.newBlockingStub(control(bearer())));
  }

  GrantsGrpc.GrantsBlockingStub grants() {
    return deadline(GrantsGrpc.newBlockingStub(control(bearer())));
  }

  /** Asks for a grant of {@code service}, for no reason, with all that there is. */
  GrantResponse grant(String service) {
    return grants().request(GrantRequest.newBuilder().setService(service).build());
  }

  /** Returns the connection to data, on which calls carry the token and each of {@code grants}. */
  Channel dataWith(String... grants) {
    Metadata headers = new Metadata();
    for (String grant : grants) {
      headers.put(GRANT, grant);
    }
    return ClientInterceptors.intercept(
        data(bearer()), MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  static String shown(GrantResponse grant) {
    return grant.getGrantId() + " " + grant.getGrantToken();
  }

  LifecycleGrpc.LifecycleBlockingStub lifecycle() {
    return deadline(LifecycleGrpc.newBlockingStub(control(bearer())));
  }

  RenewalGrpc.RenewalBlockingStub renewal() {
    return deadline(RenewalGrpc.newBlockingStub(control()));
  }

  /** Registers {@code service} in version 1.0.0 and returns the registration's id. */
  String register(String service) {
    return registry().register(claim(service)).getRegistrationId();
  }

  /** Registers {@code service} over {@code control}, with what its calls carry. */
  static void claimOn(Channel control, String service) {
    var unused = deadline(RegistryGrpc.newBlockingStub(control)).register(claim(service));
  }

  static RegisterRequest claim(String service) {
    return RegisterRequest.newBuilder().setService(service).setVersion(VERSION.toString()).build();
  }

  void healthy() {
    report(Health.HEALTH_HEALTHY);
  }

  void report(Health health) {
    var unused =
        lifecycle().reportHealth(ReportHealthRequest.newBuilder().setHealth(health).build());
  }

  /** Asks for {@code successor} without adopting it. */
  RenewResponse renew(KeyPair successor) {
    return renewal()
        .renew(
            RenewRequest.newBuilder()
                .setCertificateRequest(ByteString.copyFrom(CertificateRequest.create(successor)))
                .build());
  }

  /** Uses what a renewal brought, on new connections. */
  void adopt(KeyPair successor, RenewResponse response) {
    keys = successor;
    keep(response.getCertificateChainList(), response.getTrustBundleList());
    token = response.getRuntimeToken();
    control = null;
    data = null;
  }

  /** Serves on the address of the bootstrap line, for the host alone. */
  void serve(BindableService... services) throws IOException {
    serve(bootstrap.listen(), services);
  }

  void serve(Endpoint listen, BindableService... services) throws IOException {
    Credentials own = credentials();
    ServerBuilder<?> server =
        transport.server(
            listen,
            new ServerTls(
                () -> own, ServerTls.ClientAuth.REQUIRED, PeerRule.exactly(bootstrap.hostId())));
    for (BindableService service : services) {
      server.addService(service);
    }
    server.addTransportFilter(
        new ServerTransportFilter() {
          @Override
          public Attributes transportReady(Attributes attributes) {
            connections.incrementAndGet();
            return attributes;
          }
        });
    servers.add(server.build().start());
  }

  /** Returns how many connections the host has made to the plugin's own server. */
  int connections() {
    return connections.get();
  }

  /** Ends the plugin's own server with all its connections, as a crash would. */
  void stopServing() {
    servers.forEach(Server::shutdownNow);
  }

  /** Ends the connection to control, as a crash or a cut would. */
  void cutControl() {
    end(requireNonNull(control, "control"));
    control = null;
  }

  private static void end(ManagedChannel channel) {
    channel.shutdownNow();
    try {
      channel.awaitTermination(60, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    channels.forEach(RawPlugin::end);
    servers.forEach(Server::shutdownNow);
  }
}
