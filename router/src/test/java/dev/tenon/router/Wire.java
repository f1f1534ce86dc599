package dev.tenon.router;

import dev.tenon.auth.CertificateRule;
import dev.tenon.auth.Clocks;
import dev.tenon.auth.Lineages;
import dev.tenon.auth.TokenMint;
import dev.tenon.auth.grant.GrantStore;
import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.Role;
import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.auth.limit.RateLimiter;
import dev.tenon.auth.limit.RateLimits;
import dev.tenon.auth.limit.Rates;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.CallLimits;
import dev.tenon.core.ConnectionLimits;
import dev.tenon.core.GrantLimits;
import dev.tenon.core.Health;
import dev.tenon.core.Identity;
import dev.tenon.core.OnBehalfOf;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.Token;
import dev.tenon.registry.LocalRegistry;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.router.relay.CallHandler;
import dev.tenon.router.relay.RelayLoops;
import dev.tenon.router.relay.WireBackend;
import dev.tenon.router.relay.WireFront;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.ClientTls;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.Dns;
import dev.tenon.transport.Door;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.Listening;
import dev.tenon.transport.PeerRule;
import dev.tenon.transport.ServerTls;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import io.grpc.BindableService;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerTransportFilter;
import io.grpc.stub.MetadataUtils;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A host's data plane with plugins around it, joined by real mTLS over loopback. Plugins call at
 * its relay of frames; the one on grpc-java listens beside it, as a reference.
 */
final class Wire implements AutoCloseable {
  static final Endpoint ANY = Endpoint.parse("tcp:127.0.0.1:0");

  final InstantSource clock = InstantSource.system();
  final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);
  final SecureRandom random = new SecureRandom();
  volatile OnBehalfOf.Verifier onBehalfOf = OnBehalfOf.Verifier.NONE;
  final RecordingAuditLog audit = new RecordingAuditLog();
  final LocalRegistry registry = ServiceRegistry.inMemory();
  final HostServices hostServices;
  final GrantStore grants =
      new GrantStore(
          new TokenMint(random), new Clocks(clock, System::nanoTime), GrantLimits.DEFAULT);
  final Map<RuntimeId, Channel> backends = new ConcurrentHashMap<>();

  /** What takes frames to a provider, for as long as its channel in {@link #backends} is there. */
  private final Map<Channel, WireBackend> wires = new ConcurrentHashMap<>();

  private final RelayLoops loops = new RelayLoops();
  private final List<Listening> listening = new ArrayList<>();
  final Lineages lineages =
      new Lineages(
          new TokenMint(random),
          () -> clock.instant().plus(ahead.get()),
          Duration.ofHours(1),
          Duration.ofMinutes(5));

  /** What is refused beside that a key is not live, and what was told of it. */
  volatile CertificateRule certificates = CertificateRule.NONE;

  final List<String> refusals = new CopyOnWriteArrayList<>();
  final ConnectionAdmission connections =
      new ConnectionAdmission(
          lineages,
          (plugin, leaf) -> certificates.refusal(plugin, leaf),
          (plugin, uid) -> true,
          (plugin, why, source) ->
              refusals.add(plugin.map(RuntimeId::value).orElse("nobody") + " " + why));
  final Transport transport = Transport.create(TlsProvider.preferred());

  final EmbeddedAuthority hosts =
      EmbeddedAuthority.create(Names.TRUST_DOMAIN, Role.HOST, clock, random);
  private final EmbeddedAuthority plugins =
      EmbeddedAuthority.create(Names.TRUST_DOMAIN, Role.PLUGIN, clock, random);
  final Credentials hostCredentials;
  private final List<ManagedChannel> channels = new ArrayList<>();
  private final List<Server> servers = new ArrayList<>();
  private final Endpoint front;
  private final Endpoint reference;

  /** Where the last server of {@link #provide} listens. */
  @Nullable Endpoint endpoint;

  final Router router;

  /** What its host decides by. */
  volatile Policy policy;

  Wire() throws Exception {
    this(HostServices.builder().start());
  }

  Wire(HostServices hostServices) throws Exception {
    this.hostServices = hostServices;
    KeyPair keys = CertificateRequest.newKeyPair();
    hostCredentials =
        Credentials.of(
            keys.getPrivate(), hosts.issue(Names.HOST, keys.getPublic()), plugins.trustBundle());
    policy = Policy.parse(Names.POLICY + Names.POLICY_FOR_A);
    router =
        Router.builder()
            .policy(() -> policy)
            .registry(registry)
            .hostServices(hostServices)
            .backends(new Reached())
            .onBehalfOf((caller, path, token) -> onBehalfOf.subject(caller, path, token))
            .grants(grants)
            .audit(audit)
            .clock(clock)
            .build();
    ServerTls tls =
        new ServerTls(
            () -> hostCredentials, ServerTls.ClientAuth.REQUIRED, PeerRule.pluginsOf(Names.HOST));
    Admission admission = new Admission(lineages, audit, clock, TokenRule.REQUIRED);
    front = listen(tls, connections, router.wireFront(admission, rate()));
    reference =
        listen(
            transport
                .server(ANY, tls)
                .directExecutor()
                .fallbackHandlerRegistry(router.front())
                .addTransportFilter(connections)
                .intercept(admission));
  }

  X509Certificate hostCertificate() {
    return hostCredentials.chain().get(0);
  }

  /** Returns a limiter that lets every call in. */
  CallRate rate() {
    return new CallRate(
        new RateLimits(
            () -> Rates.DEFAULT.with(Limited.CALL, new Rate(1_000_000, 1_000_000)),
            RateLimiter.inMemory(),
            audit,
            clock),
        path -> Limited.CALL);
  }

  /** Listens for calls as frames, over which {@code calls} decides. */
  Endpoint listen(ServerTls tls, ServerTransportFilter connections, CallHandler calls)
      throws Exception {
    WireFront.Limits limits =
        new WireFront.Limits(
            ConnectionLimits.DEFAULT.callsPerConnection(),
            Transport.MAX_MESSAGE_BYTES,
            ConnectionLimits.DEFAULT.age(),
            ConnectionLimits.DEFAULT.age(),
            CallLimits.DEFAULT.idle());
    Listening begun =
        transport.listen(
            ANY, tls, Door.DEFAULT, List.of(connections), new WireFront(calls, loops, limits));
    listening.add(begun);
    return begun.endpoint();
  }

  private final class Reached implements Backends {
    @Override
    public Optional<Channel> backend(RuntimeId provider, Identity caller) {
      return Optional.ofNullable(backends.get(provider));
    }

    @Override
    public Optional<WireBackend> wire(RuntimeId provider) {
      Channel now = backends.get(provider);
      return now == null ? Optional.empty() : Optional.ofNullable(wires.get(now));
    }
  }

  Endpoint listen(ServerBuilder<?> building) throws Exception {
    // The usual limit is for peers, and not for a test on a machine that is busy.
    Server server = building.handshakeTimeout(60, TimeUnit.SECONDS).build().start();
    servers.add(server);
    return Transport.boundEndpoint(ANY, server);
  }

  /**
   * Starts a provider's server and makes it known and healthy; returns the host's channel to it.
   */
  Channel provide(RuntimeId run, ServiceName service, BindableService provider) throws Exception {
    KeyPair keys = CertificateRequest.newKeyPair();
    Credentials credentials = plugin(run, keys);
    Endpoint at =
        listen(
            transport
                .server(
                    ANY,
                    new ServerTls(
                        () -> credentials,
                        ServerTls.ClientAuth.REQUIRED,
                        PeerRule.exactly(Names.HOST)))
                .addService(provider));
    endpoint = at;
    return providedAt(at, run, service);
  }

  /** Makes a provider known and healthy that is, or should be, {@code at} an address. */
  Channel providedAt(Endpoint at, RuntimeId run, ServiceName service) throws Exception {
    Channel channel = asHost(at, run);
    wires.put(
        channel,
        new WireBackend(
            transport,
            at,
            new ClientTls(() -> hostCredentials, PeerRule.exactly(Names.id(run)), Dns.PLUGIN),
            OptionalInt.empty(),
            loops));
    backends.put(run, channel);
    registry.register(Names.claim(run, service));
    registry.reportHealth(run, Health.HEALTHY);
    return channel;
  }

  /** Returns the host's channel to {@code run} at {@code at}. */
  Channel asHost(Endpoint at, RuntimeId run) {
    SpiffeId id = Names.id(run);
    return channel(at, hostCredentials, PeerRule.exactly(id), Dns.PLUGIN);
  }

  Credentials plugin(RuntimeId run, KeyPair keys) throws Exception {
    return Credentials.of(
        keys.getPrivate(), plugins.issue(Names.id(run), keys.getPublic()), hosts.trustBundle());
  }

  ManagedChannel channel(Endpoint to, Credentials credentials, PeerRule peers, String name) {
    ManagedChannel channel =
        transport
            .channel(to, new ClientTls(() -> credentials, peers, name))
            .directExecutor()
            .build();
    channels.add(channel);
    return channel;
  }

  /** Enrols {@code run} and connects it to the front. */
  Caller enrol(RuntimeId run) throws Exception {
    KeyPair keys = CertificateRequest.newKeyPair();
    Token token = lineages.open(run, keys.getPublic()).token();
    return new Caller(connect(run, keys), token, keys);
  }

  /** Connects to the front as {@code run} with a key of the test's choice. */
  ManagedChannel connect(RuntimeId run, KeyPair keys) throws Exception {
    return channel(front, plugin(run, keys), PeerRule.exactly(Names.HOST), Dns.HOST);
  }

  /** Serves {@code service} behind {@code admission} and connects {@code run} to it. */
  Channel serve(RuntimeId run, KeyPair keys, BindableService service, Admission admission)
      throws Exception {
    ServerTls tls =
        new ServerTls(
            () -> hostCredentials, ServerTls.ClientAuth.REQUIRED, PeerRule.pluginsOf(Names.HOST));
    Endpoint at =
        listen(
            transport
                .server(ANY, tls)
                .addTransportFilter(new ConnectionAdmission(lineages))
                .addService(service)
                .intercept(admission));
    return channel(at, plugin(run, keys), PeerRule.exactly(Names.HOST), Dns.HOST);
  }

  /** Ends the servers of all providers and keeps the channels to them. */
  void killProviders() {
    servers.subList(1, servers.size()).forEach(Wire::end);
  }

  private static void end(Server server) {
    try {
      server.shutdownNow().awaitTermination();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    wires.values().forEach(WireBackend::close);
    listening.forEach(Listening::close);
    servers.forEach(Wire::end);
    router.close();
    hostServices.close();
    transport.close();
  }

  /** A plugin's connection and its token. */
  record Caller(ManagedChannel bare, Token token, KeyPair keys) {
    /** Returns the same caller, connected to the relay on grpc-java. */
    Caller atReference(Wire wire) throws Exception {
      return new Caller(
          wire.channel(
              wire.reference,
              wire.plugin(Names.CALLER, keys),
              PeerRule.exactly(Names.HOST),
              Dns.HOST),
          token,
          keys);
    }

    /** Returns the connection on which every call carries the token. */
    Channel channel() {
      return withAuthorization("Bearer " + token.exposeForWire());
    }

    /** Returns the connection on which every call carries these values. */
    Channel withAuthorization(String... values) {
      Metadata headers = new Metadata();
      for (String value : values) {
        headers.put(BearerToken.AUTHORIZATION, value);
      }
      return ClientInterceptors.intercept(bare, MetadataUtils.newAttachHeadersInterceptor(headers));
    }
  }
}
