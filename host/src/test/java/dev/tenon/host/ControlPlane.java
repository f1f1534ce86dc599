package dev.tenon.host;

import dev.tenon.auth.Issued;
import dev.tenon.auth.TokenMint;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.AdminName;
import dev.tenon.core.PluginName;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.host.control.AdminConnections;
import dev.tenon.host.control.AdminService;
import dev.tenon.host.control.Admins;
import dev.tenon.host.control.BackendChannels;
import dev.tenon.host.control.ControlAudit;
import dev.tenon.host.control.ControlCalls;
import dev.tenon.host.control.ControlConnections;
import dev.tenon.host.control.ControlServers;
import dev.tenon.host.control.DirectModes;
import dev.tenon.host.control.Discoveries;
import dev.tenon.host.control.EnrolmentService;
import dev.tenon.host.control.GrantDesk;
import dev.tenon.host.control.GrantService;
import dev.tenon.host.control.HostIdentity;
import dev.tenon.host.control.IntroductionDesk;
import dev.tenon.host.control.IntroductionService;
import dev.tenon.host.control.Introductions;
import dev.tenon.host.control.LifecycleService;
import dev.tenon.host.control.PluginRun;
import dev.tenon.host.control.PluginRuns;
import dev.tenon.host.control.ProtocolVersions;
import dev.tenon.host.control.ProviderClaims;
import dev.tenon.host.control.RegistryService;
import dev.tenon.host.control.RenewalService;
import dev.tenon.host.control.RunHealth;
import dev.tenon.host.control.Trust;
import dev.tenon.host.control.Watches;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.router.Admission;
import dev.tenon.router.ConnectionAdmission;
import dev.tenon.router.TokenRule;
import dev.tenon.router.relay.RelayLoops;
import dev.tenon.transport.Bootstrap;
import dev.tenon.transport.ClientTls;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.Dns;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.Listening;
import dev.tenon.transport.PeerRule;
import dev.tenon.transport.ServerTls;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/** The control services behind real listeners, over parts that a test can hold on to. */
final class ControlPlane implements AutoCloseable {
  private static final Endpoint ANY = Endpoint.parse("tcp:127.0.0.1:0");

  static final AdminName ADMIN = new AdminName("alice");

  static final String POLICY =
      """
      [[provide]]
      plugin = "alpha"
      services = ["testservice.v1.Echo"]
      exclusive = true

      [[rule]]
      id = "alpha"
      effect = "allow"
      caller = "alpha"
      service = "testservice.v1.Other"
      """;

  final HookedAuditLog audit = new HookedAuditLog();
  final Trust trust;
  final PluginRuns runs;
  final Admins admins;
  final ControlCalls calls;
  final AdminService operations;
  private final HostIdentity identity;
  private final Transport transport = Transport.create(TlsProvider.preferred());
  private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(4);
  private volatile Executor changes = threads;
  private final RelayLoops loops = new RelayLoops();
  private final List<Listening> servers = new ArrayList<>();
  private final List<ManagedChannel> channels = new ArrayList<>();
  private final List<RawPlugin> plugins = new ArrayList<>();
  private final Endpoint enrol;
  private final Endpoint control;

  ControlPlane(ServiceRegistry registry) throws Exception {
    Policy policy = Policy.parse(POLICY);
    InstantSource clock = InstantSource.system();
    KeyPair signing = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    HostSettings settings = new HostDraft().settings();
    trust = HostTrust.create(settings, new TokenMint(settings.sources().random()));
    identity =
        new HostIdentity(
            new SpiffeId.OfHost(new TrustDomain("tenon.internal"), "h-1"), trust, clock);
    ControlAudit record = new ControlAudit(audit, clock);
    runs = new PluginRuns(trust, registry, record);
    ControlConnections leases = new ControlConnections(registry);
    calls = new ControlCalls(runs);
    admins =
        new Admins(
            identity.id(),
            Set.of(ADMIN),
            certificate -> false,
            record,
            clock,
            settings.sources().random());
    operations =
        new AdminService(
            runs,
            () -> policy,
            record,
            new AdminService.Threads(threads, change -> changes.execute(change), threads));
    operations.operate(new UnrecordedOperations(runs));
    ControlServers.Guard guard =
        Limits.of(
                Generous.LIMITS,
                new ConnectionRefusals(audit, clock),
                uid -> false,
                audit,
                clock,
                new CloseStack())
            .guard("test");
    enrol =
        started(
            ControlServers.startEnrol(
                at(new ServerTls(identity, ServerTls.ClientAuth.NONE, id -> false)),
                new EnrolmentService(
                    trust,
                    runs,
                    () -> policy,
                    new EnrolmentService.Offer(
                        Map.of(), Set.of(), Set.of(), ProtocolVersions.CURRENT),
                    new DirectModes(runs, () -> policy, signing.getPublic()),
                    record),
                guard,
                threads));
    control =
        started(
            ControlServers.startControl(
                at(
                    new ServerTls(
                        () -> identity.get().alsoTrusting(admins.trustBundle()),
                        ServerTls.ClientAuth.REQUIRED,
                        PeerRule.pluginsOf(identity.id()).or(PeerRule.adminsOf(identity.id())))),
                new ControlServers.Control(
                    new RenewalService(trust, runs, record),
                    new Admission(trust.lineages(), audit, clock, TokenRule.SVID_ALONE),
                    new RegistryService(
                        new ProviderClaims(runs, () -> policy, Set.of(), record),
                        leases,
                        record,
                        new Discoveries(() -> policy, registry, Map.of(), record, threads),
                        new Watches(() -> policy, registry, Map.of(), record, threads),
                        Runnable::run),
                    new LifecycleService(new RunHealth(runs), runs),
                    new GrantService(new GrantDesk(runs, () -> policy, Map.of(), record)),
                    new IntroductionService(
                        new IntroductionDesk(
                            runs,
                            () -> policy,
                            Set.of(),
                            new Introductions(runs, () -> policy, record, clock),
                            new IntroductionDesk.Signing(signing.getPrivate(), clock),
                            record)),
                    operations,
                    admins,
                    new AdminConnections(admins),
                    new Admission(trust.lineages(), audit, clock, TokenRule.REQUIRED),
                    record,
                    guard),
                new ControlServers.Leases(
                    new ConnectionAdmission(trust.lineages()), leases, calls, threads, threads)));
  }

  /** Has what administrators change run by {@code executor} from now on. */
  void changeOn(Executor executor) {
    changes = executor;
  }

  /** Returns a connection of the one administrator. */
  Channel admin() throws Exception {
    Credentials own = admins.issue(ADMIN, trust.bundleForPlugins());
    ClientTls tls = new ClientTls(() -> own, PeerRule.exactly(identity.id()), Dns.HOST);
    ManagedChannel channel = transport.channel(control, tls).build();
    channels.add(channel);
    return channel;
  }

  private ControlServers.At at(ServerTls tls) {
    return new ControlServers.At(transport, loops, ANY, tls);
  }

  private Endpoint started(Listening listening) {
    servers.add(listening);
    return listening.endpoint();
  }

  /** Launches a plugin that the test plays. */
  RawRuntime.Run launch(String name) throws Exception {
    RuntimeId runtimeId = trust.mint().runtimeId(new PluginName(name), runs::isTaken);
    SpiffeId.OfPlugin id = new SpiffeId.OfPlugin(identity.id(), runtimeId);
    ClientTls tls = new ClientTls(identity, PeerRule.exactly(id), Dns.PLUGIN);
    PluginRun run =
        new PluginRun(
            id, RawPlugin.VERSION, new BackendChannels(() -> transport.channel(ANY, tls).build()));
    runs.add(run);
    Issued token = trust.enrolmentTokens().issue(runtimeId);
    RawPlugin plugin =
        new RawPlugin(
            transport,
            new Bootstrap(
                runtimeId.plugin(),
                runtimeId,
                enrol,
                control,
                control,
                Dns.HOST,
                identity.id(),
                trust.bundleForPlugins(),
                token.token(),
                token.expires(),
                ANY));
    plugins.add(plugin);
    RawRuntime.Run launched = new RawRuntime.Run(plugin, RawRuntime.Tree.NONE);
    run.launched(launched);
    return launched;
  }

  @Override
  public void close() {
    plugins.forEach(RawPlugin::close);
    channels.forEach(ManagedChannel::shutdownNow);
    runs.all().forEach(run -> runs.ended(run, "was stopped"));
    servers.forEach(Listening::close);
    threads.shutdownNow();
    transport.close();
  }
}
