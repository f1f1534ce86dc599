package dev.tenon.router;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tenon.auth.Clocks;
import dev.tenon.auth.Lineages;
import dev.tenon.auth.TokenMint;
import dev.tenon.auth.config.ConfigException;
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
import dev.tenon.core.GrantLimits;
import dev.tenon.core.Health;
import dev.tenon.core.Identity;
import dev.tenon.core.OnBehalfOf;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Token;
import dev.tenon.registry.LocalRegistry;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.router.relay.CallHandler;
import dev.tenon.router.relay.RelayLoops;
import dev.tenon.router.relay.WireBackend;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.ClientTls;
import dev.tenon.transport.Dns;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.Peer;
import dev.tenon.transport.PeerRule;
import dev.tenon.transport.Source;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import io.grpc.Attributes;
import io.grpc.Channel;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What decides over calls that come as frames, with everything behind it but the frames. */
final class WirePlane implements AutoCloseable {
  static final String UNARY = "/testservice.v1.Echo/Unary";
  private static final int MESSAGE_BYTES = 4096;

  private volatile Instant now = Instant.now();
  final InstantSource clock = () -> now;
  final SecureRandom random = new SecureRandom();
  final RecordingAuditLog audit = new RecordingAuditLog();
  final LocalRegistry registry = ServiceRegistry.inMemory();
  final Lineages lineages =
      new Lineages(new TokenMint(random), clock, Duration.ofHours(1), Duration.ofMinutes(5));
  final ConnectionAdmission connections = new ConnectionAdmission(lineages);
  final GrantStore grants =
      new GrantStore(
          new TokenMint(random), new Clocks(clock, System::nanoTime), GrantLimits.DEFAULT);
  final Map<RuntimeId, WireBackend> wires = new ConcurrentHashMap<>();
  final Map<RuntimeId, Channel> channels = new ConcurrentHashMap<>();
  final Router router;
  final CallHandler front;
  volatile OnBehalfOf.Verifier onBehalfOf = OnBehalfOf.Verifier.NONE;
  volatile Rates rates = Rates.DEFAULT;
  volatile Policy policy;

  /** What a call of a service without a provider waits for; it is refused while there is none. */
  volatile @Nullable CompletableFuture<?> starting;

  private final EmbeddedAuthority authority =
      EmbeddedAuthority.create(Names.TRUST_DOMAIN, Role.PLUGIN, clock, random);
  private final RateLimiter limiter = RateLimiter.inMemory();
  private final Transport transport = Transport.create(TlsProvider.preferred());
  private final HostServices hostServices;

  WirePlane() {
    this(HostServices.builder().start(), CallLimits.DEFAULT);
  }

  WirePlane(HostServices hostServices, CallLimits limits) {
    this.hostServices = hostServices;
    policy = parsed(Names.POLICY + Names.POLICY_FOR_A);
    router =
        Router.builder()
            .policy(() -> policy)
            .registry(registry)
            .hostServices(hostServices)
            .backends(new Reached())
            .onDemand((service, most) -> Optional.ofNullable(starting))
            .onBehalfOf((caller, path, token) -> onBehalfOf.subject(caller, path, token))
            .grants(grants)
            .limits(limits)
            .maxMessageBytes(actor -> MESSAGE_BYTES)
            .audit(audit)
            .clock(clock)
            .build();
    grants.whenEnded(router::endUnder);
    front =
        router.wireFront(
            new Admission(lineages, audit, clock, TokenRule.REQUIRED), rate(path -> Limited.CALL));
    provide(Names.WORDS, Names.ECHO);
  }

  CallRate rate(Function<String, Limited> kinds) {
    return new CallRate(new RateLimits(() -> rates, limiter, audit, clock), kinds);
  }

  private final class Reached implements Backends {
    @Override
    public Optional<Channel> backend(RuntimeId provider, Identity caller) {
      return Optional.ofNullable(channels.get(provider));
    }

    @Override
    public Optional<WireBackend> wire(RuntimeId provider) {
      return Optional.ofNullable(wires.get(provider));
    }
  }

  static Policy parsed(String toml) {
    try {
      return Policy.parse(toml);
    } catch (ConfigException e) {
      throw new AssertionError(e);
    }
  }

  /** Lets one call of anybody through, and hardly another. */
  void limit() {
    rates = Rates.DEFAULT.with(Limited.CALL, new Rate(0.000_001, 1));
  }

  void pass(Duration time) {
    now = now.plus(time);
  }

  /** Makes a provider known and healthy, with connections that take frames. */
  void provide(RuntimeId run, ServiceName service) {
    try {
      wires.put(run, connections(run));
      registry.register(Names.claim(run, service));
      registry.reportHealth(run, Health.HEALTHY);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** Returns connections that nothing is at the other end of. */
  private WireBackend connections(RuntimeId run) {
    return new WireBackend(
        transport,
        Endpoint.parse("tcp:127.0.0.1:1"),
        new ClientTls(
            () -> {
              throw new AssertionError("not connected");
            },
            PeerRule.exactly(Names.id(run)),
            Dns.PLUGIN),
        OptionalInt.empty(),
        new RelayLoops());
  }

  /** Enrols {@code run} and connects it. */
  Connected enrol(RuntimeId run) {
    try {
      KeyPair keys = CertificateRequest.newKeyPair();
      Token token = lineages.open(run, keys.getPublic()).token();
      return new Connected(connect(run, keys), token);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** Returns what is known of a connection of {@code run}. */
  Attributes connect(RuntimeId run, KeyPair keys) throws Exception {
    X509Certificate leaf = authority.issue(Names.id(run), keys.getPublic()).get(0);
    return connections.transportReady(attributes(run, leaf));
  }

  /** Returns what is known of a connection before its filters are asked. */
  static Attributes attributes(RuntimeId run, X509Certificate leaf) {
    return Attributes.newBuilder()
        .set(Peer.KEY, new Peer(Optional.of(Names.id(run)), Optional.of(leaf), Optional.empty(), 1))
        .set(Source.KEY, new Source("ip:192.0.2.1"))
        .build();
  }

  /** A connection of a plugin, and its token. */
  final class Connected {
    final Attributes attributes;
    final Token token;

    Connected(Attributes attributes, Token token) {
      this.attributes = attributes;
      this.token = token;
    }

    FakeWireCall call(String path) {
      // A front hands the same text over for a path that comes again; but it need not.
      return new FakeWireCall(attributes, new String(path.getBytes(US_ASCII), US_ASCII))
          .with("Bearer " + token.exposeForWire());
    }

    FakeWireCall begin(String path) {
      return call(path).begin(front);
    }
  }

  @Override
  public void close() {
    router.close();
    hostServices.close();
    limiter.close();
    transport.close();
  }
}
