package dev.tenon.bench;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.Lineages;
import dev.tenon.auth.TokenMint;
import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.auth.audit.AuditLog;
import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.Role;
import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.auth.limit.RateLimiter;
import dev.tenon.auth.limit.RateLimits;
import dev.tenon.auth.limit.Rates;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Annotations;
import dev.tenon.core.Health;
import dev.tenon.core.Identity;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.core.Version;
import dev.tenon.registry.LocalRegistry;
import dev.tenon.registry.Registration;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.router.Admission;
import dev.tenon.router.Backends;
import dev.tenon.router.CallRate;
import dev.tenon.router.ConnectionAdmission;
import dev.tenon.router.HostServices;
import dev.tenon.router.Router;
import dev.tenon.router.TokenRule;
import dev.tenon.router.http2.HeaderField;
import dev.tenon.router.http2.HeaderField.Indexing;
import dev.tenon.router.relay.CallHandler;
import dev.tenon.router.relay.CallWatch;
import dev.tenon.router.relay.HandlerThreads;
import dev.tenon.router.relay.RelayLoops;
import dev.tenon.router.relay.WireBackend;
import dev.tenon.router.relay.WireCall;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.ClientTls;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.Dns;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.Peer;
import dev.tenon.transport.PeerRule;
import dev.tenon.transport.Source;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What a router does for each call beside moving its bytes: limiter, token, caps, policy, choice,
 * audit, counters, and at its end all that is given back. One plugin calls one method of another,
 * again and again; its token comes as it does on the wire, as other bytes each time.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CallSteps {
  private static final SpiffeId.OfHost HOST =
      new SpiffeId.OfHost(new TrustDomain("bench.example"), "h1");
  private static final RuntimeId CALLER = new RuntimeId("caller-0000000000000001");
  private static final RuntimeId PROVIDER = new RuntimeId("provider-0000000000000002");
  private static final ServiceName SERVICE = new ServiceName("acme.kv.v1.KeyValue");
  private static final String POLICY =
      """
      [[provide]]
      plugin = "provider"
      services = ["acme.kv.v1.KeyValue"]

      [[rule]]
      id = "r"
      effect = "allow"
      caller = "caller"
      service = "acme.kv.v1.KeyValue"
      """;

  private @Nullable Transport transport;
  private @Nullable HostServices hostServices;
  private @Nullable Router router;
  private @Nullable RateLimiter limiter;
  private @Nullable CallHandler front;
  private Attributes connection = Attributes.EMPTY;
  private String authorization = "";

  /** Makes steps that nothing can take yet; {@link #open} brings everything. */
  public CallSteps() {}

  /** Enrols the caller, and makes the provider known. */
  @Setup(Level.Trial)
  public void open() throws Exception {
    SecureRandom random = new SecureRandom();
    InstantSource clock = InstantSource.system();
    EmbeddedAuthority authority =
        EmbeddedAuthority.create(HOST.trustDomain(), Role.PLUGIN, clock, random);
    KeyPair keys = CertificateRequest.newKeyPair();
    List<X509Certificate> chain =
        authority.issue(new SpiffeId.OfPlugin(HOST, CALLER), keys.getPublic());
    Credentials credentials = Credentials.of(keys.getPrivate(), chain, authority.trustBundle());
    Lineages lineages =
        new Lineages(
            new TokenMint(random), clock, Lineages.DEFAULT_TOKEN_LIFE, Lineages.DEFAULT_GRACE);
    authorization = "Bearer " + lineages.open(CALLER, keys.getPublic()).token().exposeForWire();
    Attributes accepted =
        Attributes.newBuilder()
            .set(
                Peer.KEY,
                new Peer(
                    Optional.of(new SpiffeId.OfPlugin(HOST, CALLER)),
                    Optional.of(chain.get(0)),
                    Optional.empty(),
                    1))
            .set(Source.KEY, new Source("uid:1"))
            .build();
    connection = new ConnectionAdmission(lineages).transportReady(accepted);
    LocalRegistry registry = ServiceRegistry.inMemory();
    registry.register(
        new Registration(
            "00000000000000000000000000000001",
            PROVIDER,
            SERVICE,
            new Version("1.0.0"),
            Annotations.NONE,
            Sharing.SHARED));
    registry.reportHealth(PROVIDER, Health.HEALTHY);
    Transport made = Transport.create(TlsProvider.preferred());
    transport = made;
    WireBackend backend =
        new WireBackend(
            made,
            Endpoint.parse("tcp:127.0.0.1:1"),
            new ClientTls(
                () -> credentials,
                PeerRule.exactly(new SpiffeId.OfPlugin(HOST, PROVIDER)),
                Dns.PLUGIN),
            OptionalInt.empty(),
            new RelayLoops());
    HostServices services = HostServices.builder().start();
    hostServices = services;
    Policy policy = Policy.parse(POLICY);
    Router routing =
        Router.builder()
            .policy(() -> policy)
            .registry(registry)
            .hostServices(services)
            .backends(new Reached(backend))
            .maxMessageBytes(actor -> 4 << 20)
            .audit(new NoLog())
            .build();
    router = routing;
    RateLimiter limiting = RateLimiter.inMemory();
    limiter = limiting;
    Rates rates = new Rates(Map.of(Limited.CALL, new Rate(Rates.MOST, Rates.MOST)));
    front =
        routing.wireFront(
            new Admission(lineages, new NoLog(), clock, TokenRule.REQUIRED),
            new CallRate(
                new RateLimits(() -> rates, limiting, new NoLog(), clock), path -> Limited.CALL));
  }

  /** Closes everything. */
  @TearDown(Level.Trial)
  public void close() {
    requireNonNull(router, "router").close();
    requireNonNull(hostServices, "hostServices").close();
    requireNonNull(limiter, "limiter").close();
    requireNonNull(transport, "transport").close();
  }

  /** From the head of a call to its end; returns whether it went to the provider. */
  @Benchmark
  public boolean allSteps(Turn turn) {
    int unused = turn.next(1);
    Frames call =
        new Frames(connection, HeaderField.of("authorization", authorization, Indexing.NEVER));
    CallWatch watch = requireNonNull(front, "front").begin(call);
    boolean isToldLater = watch.ending(Status.OK) != null;
    watch.over();
    return call.isForwarded && !isToldLater;
  }

  private record Reached(WireBackend connections) implements Backends {
    @Override
    public Optional<Channel> backend(RuntimeId provider, Identity caller) {
      return Optional.empty();
    }

    @Override
    public Optional<WireBackend> wire(RuntimeId provider) {
      return Optional.of(connections);
    }
  }

  /** What is written is written nowhere: the first call of each is recorded, and no other. */
  private static final class NoLog implements AuditLog {
    @Override
    public void record(AuditEvent event) {}

    @Override
    public void close() {}
  }

  /** A call as the front has it, without frames. */
  private static final class Frames extends WireCall {
    private static final Metadata NOTHING = new Metadata();

    private final Attributes connection;
    private final HeaderField authorization;
    private boolean isForwarded;

    Frames(Attributes connection, HeaderField authorization) {
      this.connection = connection;
      this.authorization = authorization;
    }

    @Override
    public String path() {
      return "/acme.kv.v1.KeyValue/Get";
    }

    @Override
    public Attributes connection() {
      return connection;
    }

    @Override
    public Metadata asked() {
      return NOTHING;
    }

    @Override
    public HeaderField authorization() {
      return authorization;
    }

    @Override
    public long arrivedNanos() {
      return System.nanoTime();
    }

    @Override
    public long deadlineNanos() {
      return Long.MAX_VALUE;
    }

    @Override
    public void limit(Duration most) {}

    @Override
    public void execute(Runnable step) {
      step.run();
    }

    @Override
    public void forward(WireBackend provider, List<HeaderField> stamps, int maxMessageBytes) {
      isForwarded = true;
    }

    @Override
    public void serve(
        Channel provider, CallOptions options, Metadata stamps, int maxMessageBytes) {}

    @Override
    public CallWatch handle(ServerMethodDefinition<?, ?> method, HandlerThreads on) {
      return CallWatch.NOBODY;
    }

    @Override
    public void end(Status status, Metadata trailers) {}

    @Override
    public boolean isAnswered() {
      return true;
    }

    @Override
    public EndedBy endedBy() {
      return EndedBy.PROVIDER;
    }
  }
}
