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
import dev.tenon.core.PluginName;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.Token;
import dev.tenon.core.TrustDomain;
import dev.tenon.router.Admission;
import dev.tenon.router.CallRate;
import dev.tenon.router.ConnectionAdmission;
import dev.tenon.router.HostServices;
import dev.tenon.router.Router;
import dev.tenon.router.TokenRule;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.ClientTls;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.Dns;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.PeerRule;
import dev.tenon.transport.ServerTls;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * The reference of the comparison: the data listener of a host, with admission, policy, registry,
 * limits and audit as there, and behind it the router's front on grpc-java. A host's own listener
 * has the relay that is compared with it. There are no plugins: it enrols the two that there would
 * be by itself, and lends their identities to the C program.
 *
 * <p>Prints its address and "ready", and ends with its standard input.
 */
final class RelayHost implements AutoCloseable {
  /** The names of the two, and of the folders in which their identities are lent. */
  static final String CALLER = BenchPlugin.Role.CALLER.plugin();

  static final String BACKEND = BenchPlugin.Role.BACKEND.plugin();

  private static final SpiffeId.OfHost HOST =
      new SpiffeId.OfHost(new TrustDomain("bench.internal"), "relay");
  private static final Endpoint ANY_PORT = Endpoint.parse("tcp:127.0.0.1:0");

  private final InstantSource clock = InstantSource.system();
  private final SecureRandom random = new SecureRandom();
  private final TokenMint mint = new TokenMint(random);
  private final EmbeddedAuthority hosts =
      EmbeddedAuthority.create(HOST.trustDomain(), Role.HOST, clock, random);
  private final EmbeddedAuthority plugins =
      EmbeddedAuthority.create(HOST.trustDomain(), Role.PLUGIN, clock, random);
  private final Lineages lineages =
      new Lineages(mint, clock, Lineages.DEFAULT_TOKEN_LIFE, Lineages.DEFAULT_GRACE);
  private final Transport transport = Transport.create(TlsProvider.preferred());
  private final HostServices hostServices = HostServices.builder().start();
  private final AuditLog audit;
  private final Router router;
  private final ManagedChannel backend;
  private final Server server;

  private RelayHost(Path folder, Endpoint to)
      throws IOException,
          ConfigException,
          IssueFailedException,
          RandomSourceFailedException,
          RefusedException {
    audit = JsonLinesAuditLog.open(folder.resolve("audit.jsonl"));
    KeyPair keys = CertificateRequest.newKeyPair();
    Credentials credentials =
        Credentials.of(
            keys.getPrivate(), hosts.issue(HOST, keys.getPublic()), plugins.trustBundle());
    RuntimeId unused = lend(folder.resolve(CALLER), CALLER);
    RuntimeId provider = lend(folder.resolve(BACKEND), BACKEND);
    backend =
        transport
            .channel(
                to,
                new ClientTls(
                    () -> credentials,
                    PeerRule.exactly(new SpiffeId.OfPlugin(HOST, provider)),
                    Dns.PLUGIN))
            .directExecutor()
            .build();
    router = router(provider);
    server = server(credentials).start();
  }

  /** Runs one whose backend is at {@code args[1]}, in the private folder {@code args[0]}. */
  public static void main(String[] args)
      throws IOException,
          ConfigException,
          IssueFailedException,
          RandomSourceFailedException,
          RefusedException {
    try (RelayHost host = new RelayHost(Path.of(args[0]), Endpoint.parse(args[1]))) {
      System.out.println(Transport.boundEndpoint(ANY_PORT, host.server));
      System.out.println("ready");
      long unused = System.in.transferTo(OutputStream.nullOutputStream());
    }
  }

  /** Opens the lineage of a run of {@code plugin} and writes all of its identity. */
  private RuntimeId lend(Path folder, String plugin)
      throws IOException, IssueFailedException, RandomSourceFailedException {
    KeyPair keys = CertificateRequest.newKeyPair();
    RuntimeId run = mint.runtimeId(new PluginName(plugin), taken -> false);
    Token token = lineages.open(run, keys.getPublic()).token();
    List<X509Certificate> chain = plugins.issue(new SpiffeId.OfPlugin(HOST, run), keys.getPublic());
    Access.lend(folder, keys.getPrivate(), chain, hosts.trustBundle(), token.exposeForWire());
    return run;
  }

  private Router router(RuntimeId provider) throws ConfigException, RefusedException {
    Policy policy = Policy.parse(Backend.POLICY);
    return Router.builder()
        .policy(() -> policy)
        .registry(Backend.registry(provider))
        .hostServices(hostServices)
        .backends(
            (asked, caller) -> asked.equals(provider) ? Optional.of(backend) : Optional.empty())
        .grants(new GrantStore(mint, new Clocks(clock, System::nanoTime), GrantLimits.DEFAULT))
        .audit(audit)
        .clock(clock)
        .build();
  }

  private Server server(Credentials credentials) {
    Rates rates = Rates.DEFAULT.with(Limited.CALL, new Rate(Rates.MOST, Rates.MOST));
    RateLimits limits = new RateLimits(() -> rates, RateLimiter.inMemory(), audit, clock);
    return transport
        .server(
            ANY_PORT,
            new ServerTls(
                () -> credentials, ServerTls.ClientAuth.REQUIRED, PeerRule.pluginsOf(HOST)))
        .directExecutor()
        .addTransportFilter(new ConnectionAdmission(lineages))
        .intercept(new Admission(lineages, audit, clock, TokenRule.REQUIRED))
        .intercept(new CallRate(limits, method -> Limited.CALL))
        .fallbackHandlerRegistry(router.front())
        .build();
  }

  @Override
  public void close() {
    server.shutdownNow();
    backend.shutdownNow();
    router.close();
    hostServices.close();
    transport.close();
    audit.close();
  }
}
