package dev.tenon.bench.endtoend;

import dev.tenon.auth.Clocks;
import dev.tenon.auth.Lineages;
import dev.tenon.auth.RandomSourceFailedException;
import dev.tenon.auth.TokenMint;
import dev.tenon.auth.audit.AuditLog;
import dev.tenon.auth.audit.JsonLinesAuditLog;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.grant.GrantStore;
import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.IssueFailedException;
import dev.tenon.auth.issue.Role;
import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.auth.limit.RateLimiter;
import dev.tenon.auth.limit.RateLimits;
import dev.tenon.auth.limit.Rates;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.GrantLimits;
import dev.tenon.core.Identity;
import dev.tenon.core.PluginName;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.router.Admission;
import dev.tenon.router.Backends;
import dev.tenon.router.CallRate;
import dev.tenon.router.ConnectionAdmission;
import dev.tenon.router.HostServices;
import dev.tenon.router.Router;
import dev.tenon.router.TokenRule;
import dev.tenon.router.relay.PlainBackend;
import dev.tenon.router.relay.RelayLoops;
import dev.tenon.router.relay.WireBackend;
import dev.tenon.router.relay.WireFront;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.Peer;
import dev.tenon.transport.PlainSockets;
import dev.tenon.transport.Source;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import io.grpc.Attributes;
import io.grpc.Channel;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/**
 * The relay of a host without its listeners, in plain text on loopback, so that it can be compared
 * without TLS, for which a host has no option. Whoever connects is taken for one caller with one
 * certificate, which a handshake would have proved; from there on all is as in a host: its calls
 * show a token, and are admitted, decided, routed, relayed, limited and counted for the audit log.
 *
 * <p>Prints its address and "ready", and ends with its standard input.
 */
final class PlainRelay {
  private static final SpiffeId.OfHost HOST =
      new SpiffeId.OfHost(new TrustDomain("bench.internal"), "plain");
  private static final int MOST_CALLS = 1_000;
  private static final int MOST_BYTES = 4 * 1024 * 1024;
  private static final Duration LONG = Duration.ofHours(1);

  private final InstantSource clock = InstantSource.system();
  private final SecureRandom random = new SecureRandom();
  private final TokenMint mint = new TokenMint(random);
  private final EmbeddedAuthority plugins =
      EmbeddedAuthority.create(HOST.trustDomain(), Role.PLUGIN, clock, random);
  private final Lineages lineages =
      new Lineages(mint, clock, Lineages.DEFAULT_TOKEN_LIFE, Lineages.DEFAULT_GRACE);
  private final ConnectionAdmission connections = new ConnectionAdmission(lineages);
  private final RuntimeId caller;
  private final X509Certificate certificate;

  private PlainRelay(Path folder)
      throws IOException, IssueFailedException, RandomSourceFailedException {
    KeyPair keys = CertificateRequest.newKeyPair();
    caller = mint.runtimeId(new PluginName(BenchPlugin.Role.CALLER.plugin()), taken -> false);
    var chain = plugins.issue(new SpiffeId.OfPlugin(HOST, caller), keys.getPublic());
    certificate = chain.get(0);
    String token = lineages.open(caller, keys.getPublic()).token().exposeForWire();
    Access.lend(
        folder.resolve(BenchPlugin.Role.CALLER.plugin()),
        keys.getPrivate(),
        chain,
        plugins.trustBundle(),
        token);
  }

  /**
   * Runs one in the private folder {@code args[0]}, whose backend is at the port {@code args[1]}.
   */
  public static void main(String[] args)
      throws IOException,
          ConfigException,
          IssueFailedException,
          RandomSourceFailedException,
          RefusedException {
    Path folder = Path.of(args[0]);
    new PlainRelay(folder).run(folder, Integer.parseInt(args[1]));
  }

  private void run(Path folder, int port)
      throws IOException, ConfigException, RandomSourceFailedException, RefusedException {
    try (AuditLog audit = JsonLinesAuditLog.open(folder.resolve("audit.jsonl"));
        Transport transport = Transport.create(TlsProvider.preferred());
        HostServices hostServices = HostServices.builder().start()) {
      PlainSockets sockets = new PlainSockets(transport);
      RelayLoops loops = new RelayLoops();
      WireBackend backend = PlainBackend.to(port, sockets, transport, loops);
      Router router = router(audit, hostServices, backend);
      Rates rates = Rates.DEFAULT.with(Limited.CALL, new Rate(Rates.MOST, Rates.MOST));
      RateLimits limits = new RateLimits(() -> rates, RateLimiter.inMemory(), audit, clock);
      WireFront front =
          new WireFront(
              router.wireFront(
                  new Admission(lineages, audit, clock, TokenRule.REQUIRED),
                  new CallRate(limits, method -> Limited.CALL)),
              loops,
              new WireFront.Limits(MOST_CALLS, MOST_BYTES, LONG, LONG, LONG));
      System.out.println(sockets.listen(this::admitted, front));
      System.out.println("ready");
      long unused = System.in.transferTo(OutputStream.nullOutputStream());
      router.close();
    }
  }

  /** Returns what a connection of the caller's is known by when its handshake is done. */
  private Attributes admitted() {
    return connections.transportReady(
        Attributes.newBuilder()
            .set(
                Peer.KEY,
                new Peer(
                    Optional.of(new SpiffeId.OfPlugin(HOST, caller)),
                    Optional.of(certificate),
                    Optional.empty(),
                    1))
            .set(Source.KEY, new Source("ip:127.0.0.1"))
            .build());
  }

  private Router router(AuditLog audit, HostServices hostServices, WireBackend backend)
      throws ConfigException, RandomSourceFailedException, RefusedException {
    RuntimeId provider =
        mint.runtimeId(new PluginName(BenchPlugin.Role.BACKEND.plugin()), taken -> false);
    Policy policy = Policy.parse(Backend.POLICY);
    return Router.builder()
        .policy(() -> policy)
        .registry(Backend.registry(provider))
        .hostServices(hostServices)
        .backends(new One(backend))
        .grants(new GrantStore(mint, new Clocks(clock, System::nanoTime), GrantLimits.DEFAULT))
        .audit(audit)
        .clock(clock)
        .build();
  }

  /** The one backend, whoever is asked for. */
  private record One(WireBackend backend) implements Backends {
    @Override
    public Optional<Channel> backend(RuntimeId provider, Identity caller) {
      return Optional.empty();
    }

    @Override
    public Optional<WireBackend> wire(RuntimeId provider) {
      return Optional.of(backend);
    }
  }
}
