package dev.tenon.testing.attack;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import dev.tenon.core.Version;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.transport.Bootstrap;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.ClientTls;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.LinkHandler;
import dev.tenon.transport.Listening;
import dev.tenon.transport.PeerRule;
import dev.tenon.transport.ServerTls;
import dev.tenon.transport.Transport;
import dev.tenon.v1.DiscoverRequest;
import dev.tenon.v1.EnrolRequest;
import dev.tenon.v1.EnrolResponse;
import dev.tenon.v1.EnrolmentGrpc;
import dev.tenon.v1.Health;
import dev.tenon.v1.LifecycleGrpc;
import dev.tenon.v1.ProtocolRange;
import dev.tenon.v1.RegisterRequest;
import dev.tenon.v1.RegistryGrpc;
import dev.tenon.v1.RenewRequest;
import dev.tenon.v1.RenewResponse;
import dev.tenon.v1.RenewalGrpc;
import dev.tenon.v1.ReportHealthRequest;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.MetadataUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A plugin that the test plays by hand over real connections: honest until the test has it attack.
 * For one thread at a time, closing excepted.
 */
final class RawPlugin implements AutoCloseable {
  /** The version that every plugin of these tests is configured with. */
  static final Version VERSION = new Version("1.0.0");

  static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  final Bootstrap bootstrap;

  /** What this plugin enrolled with, as somebody between would have it. */
  volatile EnrolRequest enrolment = EnrolRequest.getDefaultInstance();

  /** The id of the last registration that this plugin made. */
  volatile String registration = "";

  private final Transport transport;
  private final List<ManagedChannel> channels = new CopyOnWriteArrayList<>();
  private final List<Server> servers = new CopyOnWriteArrayList<>();
  private final List<Listening> listeners = new CopyOnWriteArrayList<>();
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

  String bearer() {
    return "Bearer " + token;
  }

  PrivateKey privateKey() {
    return keys.getPrivate();
  }

  Credentials credentials() {
    return requireNonNull(credentials, "credentials: none (expected: enrolled)");
  }

  /** Returns all secrets that this plugin was given. */
  List<String> secrets() {
    String enrolment = bootstrap.enrolmentToken().exposeForWire();
    return token.isEmpty() ? List.of(enrolment) : List.of(enrolment, token);
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
    enrolment = request;
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

  private void keep(List<ByteString> chain, List<ByteString> bundle) {
    credentials = Credentials.of(keys.getPrivate(), parse(chain), parse(bundle));
  }

  private static List<X509Certificate> parse(List<ByteString> certificates) {
    try {
      CertificateFactory x509 = CertificateFactory.getInstance("X.509");
      List<X509Certificate> parsed = new ArrayList<>();
      for (ByteString der : certificates) {
        parsed.add(
            (X509Certificate)
                x509.generateCertificate(new ByteArrayInputStream(der.toByteArray())));
      }
      return parsed;
    } catch (CertificateException e) {
      throw new AssertionError(e);
    }
  }

  /** Connects to {@code to}, expecting the host there, and showing {@code with}. */
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
    return with(headers, channel);
  }

  static Channel with(Metadata headers, Channel channel) {
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  static <S extends AbstractStub<S>> S deadline(S stub) {
    return stub.withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  RegistryGrpc.RegistryBlockingStub registry() {
    return deadline(RegistryGrpc.newBlockingStub(control(bearer())));
  }

  LifecycleGrpc.LifecycleBlockingStub lifecycle() {
    return deadline(LifecycleGrpc.newBlockingStub(control(bearer())));
  }

  EchoGrpc.EchoBlockingStub echo() {
    return deadline(EchoGrpc.newBlockingStub(data(bearer())));
  }

  /** Registers {@code service} in version 1.0.0 and returns the registration's id. */
  String register(String service) {
    registration = registry().register(claim(service)).getRegistrationId();
    return registration;
  }

  static RegisterRequest claim(String service) {
    return RegisterRequest.newBuilder().setService(service).setVersion(VERSION.toString()).build();
  }

  static DiscoverRequest question(String service) {
    return DiscoverRequest.newBuilder().setService(service).build();
  }

  void report(Health health) {
    var unused =
        lifecycle().reportHealth(ReportHealthRequest.newBuilder().setHealth(health).build());
  }

  /** Asks for a successor of the own key, which is not adopted: the connections stay. */
  RenewResponse renew() {
    return deadline(RenewalGrpc.newBlockingStub(control()))
        .renew(
            RenewRequest.newBuilder()
                .setCertificateRequest(
                    ByteString.copyFrom(CertificateRequest.create(CertificateRequest.newKeyPair())))
                .build());
  }

  /** Serves on the address of the bootstrap line, for the host alone, until it is closed. */
  AutoCloseable serve(ServerServiceDefinition... services) throws IOException {
    Credentials own = credentials();
    ServerBuilder<?> server =
        transport.server(
            bootstrap.listen(),
            new ServerTls(
                () -> own, ServerTls.ClientAuth.REQUIRED, PeerRule.exactly(bootstrap.hostId())),
            dev.tenon.transport.Door.OF_ONE_PEER);
    for (ServerServiceDefinition service : services) {
      server.addService(service);
    }
    Server started = server.build().start();
    servers.add(started);
    return () -> started.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
  }

  /** Listens there as {@link #serve} does, and has {@code handler} speak. */
  AutoCloseable serve(LinkHandler handler) throws IOException {
    Credentials own = credentials();
    Listening listening =
        transport.listen(
            bootstrap.listen(),
            new ServerTls(
                () -> own, ServerTls.ClientAuth.REQUIRED, PeerRule.exactly(bootstrap.hostId())),
            dev.tenon.transport.Door.OF_ONE_PEER,
            List.of(),
            handler);
    listeners.add(listening);
    return listening;
  }

  /** Ends all connections that this plugin made. The next use makes new ones. */
  void disconnect() {
    for (ManagedChannel channel : channels) {
      channel.shutdownNow();
    }
    for (ManagedChannel channel : channels) {
      try {
        channel.awaitTermination(60, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
    channels.clear();
    control = null;
    data = null;
  }

  @Override
  public void close() {
    disconnect();
    servers.forEach(Server::shutdownNow);
    listeners.forEach(Listening::close);
  }
}
