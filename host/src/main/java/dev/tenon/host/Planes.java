package dev.tenon.host;

import dev.tenon.auth.CertificateRule;
import dev.tenon.auth.TokenMint;
import dev.tenon.auth.audit.AuditLog;
import dev.tenon.auth.revocation.RevocationList;
import dev.tenon.auth.revocation.Revocations;
import dev.tenon.core.BreakerState;
import dev.tenon.core.PluginName;
import dev.tenon.core.Printable;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import dev.tenon.core.SpiffeId;
import dev.tenon.host.control.AdminConnections;
import dev.tenon.host.control.AdminService;
import dev.tenon.host.control.Admins;
import dev.tenon.host.control.ControlAudit;
import dev.tenon.host.control.ControlCalls;
import dev.tenon.host.control.ControlConnections;
import dev.tenon.host.control.Discoveries;
import dev.tenon.host.control.Enrolled;
import dev.tenon.host.control.GrantDesk;
import dev.tenon.host.control.HostIdentity;
import dev.tenon.host.control.LostRights;
import dev.tenon.host.control.PluginRuns;
import dev.tenon.host.control.ProviderClaims;
import dev.tenon.host.control.RunHealth;
import dev.tenon.host.control.ServerAdmission;
import dev.tenon.host.control.Trust;
import dev.tenon.host.control.Watches;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.router.ConnectionAdmission;
import dev.tenon.router.HostServices;
import dev.tenon.router.OnDemand;
import dev.tenon.router.Router;
import dev.tenon.router.relay.RelayLoops;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.Transport;
import java.io.IOException;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Everything of a host but its plugins: identity, registry, router and the three listeners, in the
 * order in which they need each other. Thread-safe.
 *
 * <p>It is long because it is that order, and how each part is told of the others; nothing is done
 * here.
 */
final class Planes {
  /** How often the audit log is told how many calls there were. */
  private static final int SUMMARY_SECONDS = 60;

  private final Transport transport;
  private final HostPlaces places;
  private final PluginUsers users;
  private final Trust trust;
  private final HostIdentity identity;
  private final PluginRuns runs;
  private final ServiceRegistry registry;
  private final OtherHosts others;
  private final Offered offered;
  private final GrantDesk grants;
  private final InstantSource clock;
  private final ControlAudit audit;
  private final ConnectionRefusals refusals;
  private final PolicyInForce policy;
  private final HostPolicy hostPolicy;
  private final Router router;
  private final RelayLoops relayLoops = new RelayLoops();
  private final HostThreads threads;
  private final PluginEvents events;
  private final ControlParts control;
  private final RunExit exit;
  private final ServerAdmission servers;
  private final HostCertificates certificates;
  private final Admins admins;
  private final AdminConnections adminConnections;
  private final AdminService admin;
  private final Reenrolment reenrolment;
  private final Addresses addresses;
  private volatile OnDemand onDemand = OnDemand.NEVER;

  /** Where plugins find the host. */
  record Addresses(Endpoint enrol, Endpoint control, Endpoint data) {}

  private Planes(
      HostSettings settings, StartPolicy start, List<HostOffer> hostOffers, CloseStack closing)
      throws HostStartException, IOException, RefusedException {
    clock = settings.sources().clock();
    CrashLog crashes =
        new CrashLog(settings.places().state().resolve("crash.jsonl"), settings.sources().clock());
    threads = closing.add(new HostThreads(crashes));
    events = closing.add(new PluginEvents());
    settings.listeners().forEach(events::add);
    transport =
        closing.add(
            Transport.create(
                settings.listen().tls(), settings.listen().floor(), settings.sources().clock()));
    TokenMint mint = new TokenMint(settings.sources().random());
    places =
        HostPlaces.open(
            settings.places(),
            mint,
            transport.supportsUnixSockets() ? HostPlaces.Sockets.UNIX : HostPlaces.Sockets.LOOPBACK,
            closing);
    users = new PluginUsers(transport.ownUid());
    AuditLog log = RunningHost.openAudit(settings, closing);
    audit = new ControlAudit(log, settings.sources().clock());
    refusals = closing.add(new ConnectionRefusals(log, settings.sources().clock()));
    threads.every(ConnectionRefusals.INTERVAL, refusals::flush);
    policy = new PolicyInForce(start.policy(), audit);
    hostPolicy = new HostPolicy(policy, follower(start), threads.policy());
    trust = HostTrust.create(settings, mint);
    identity =
        new HostIdentity(
            new SpiffeId.OfHost(settings.trustDomain(), places.name()),
            trust,
            settings.sources().clock());
    Revocations revoked = HostTrust.revocations(places);
    HostPeers peers = new HostPeers(identity.id(), settings, revoked::isRevoked, audit);
    HostLinks links = closing.add(new HostLinks(settings, transport, identity, peers));
    others = OtherHosts.open(settings, peers, policy, closing);
    registry = others.registry();
    runs = new PluginRuns(trust, registry, audit);
    offered = Offered.of(hostOffers);
    HostServices hostServices = closing.add(HostOffer.start(hostOffers));
    router =
        closing.add(
            Router.builder()
                .policy(policy)
                .registry(registry)
                .hostServices(hostServices)
                .backends(runs)
                .otherHosts(links)
                .onDemand((service, most) -> onDemand.start(service, most))
                .onBehalfOf(settings.calls().onBehalfOf())
                .grants(trust.grants())
                .limits(settings.hostLimits().calls())
                .breakers(settings.calls().failing().breaker(), this::breakerChanged)
                .ejections(settings.calls().failing().ejection())
                .retries(settings.calls().failing().retries())
                .maxMessageBytes(runs::maxMessageBytes)
                .audit(log)
                .clock(settings.sources().clock())
                .build());
    trust.grants().whenEnded(router::endUnder);
    trust.grants().cleanUpWith(threads::every);
    trust.enrolmentTokens().cleanUpWith(threads::every);
    grants = new GrantDesk(runs, policy, offered.byGrant(), audit);
    control =
        new ControlParts(
            new ProviderClaims(runs, policy, offered.all().keySet(), audit),
            new ControlConnections(registry),
            new Discoveries(policy, registry, offered.all(), audit, threads.timer()),
            new Watches(policy, registry, offered.all(), audit, threads.control()),
            new RunHealth(runs));
    HostCertificates.Lists lists =
        new HostCertificates.Lists(settings.trust().authorities().allowed());
    Optional<RevocationList> list = HostTrust.revocationList(settings, trust);
    policy.whenChanged(new LostRights(policy, registry, audit)::policyChanged);
    policy.whenChanged(others::believe);
    CertificateRule usable = list.map(revoked::and).orElse(revoked).and(lists);
    policy.whenChanged(router::policyChanged);
    policy.whenChanged(control.watches()::policyChanged);
    exit =
        new RunExit(
            runs,
            router,
            new ControlCalls(runs),
            new ConnectionAdmission(trust.lineages(), usable, users::admits, refusals::refused),
            settings.limits().lastWords());
    servers = new ServerAdmission(runs, usable, refusals::refusedServer);
    admins =
        new Admins(
            identity.id(),
            settings.trust().admins(),
            revoked::isRevoked,
            audit,
            settings.sources().clock(),
            settings.sources().random());
    adminConnections = new AdminConnections(admins);
    certificates =
        new HostCertificates(
            revoked, list, lists, runs, this::usersOfRefused, adminConnections, audit);
    certificates.whenRevoked(links::recheck);
    certificates.follow(threads);
    admin =
        new AdminService(
            runs,
            policy,
            audit,
            new AdminService.Threads(threads.control(), threads.changes(), threads.timer()));
    runs.whenEnded(links.droppedAfter(exit::cut));
    runs.maxMessageBytes(settings.calls().maxMessageBytes());
    reenrolment =
        new Reenrolment(
            runs, settings.limits().toEnrol(), settings.sources().clock(), threads.lines());
    long pause = Reenrolment.CHECK.toMillis();
    var unused =
        threads
            .timer()
            .scheduleWithFixedDelay(reenrolment::check, pause, pause, TimeUnit.MILLISECONDS);
    unused =
        threads
            .timer()
            .scheduleWithFixedDelay(
                router::summarize, SUMMARY_SECONDS, SUMMARY_SECONDS, TimeUnit.SECONDS);
    addresses = new Listeners(this, settings, log, closing).start();
    settings.hosts().files().ifPresent(files -> follow(files, settings.hosts().peers()));
  }

  static Planes open(
      HostSettings settings, StartPolicy policy, List<HostOffer> offers, CloseStack closing)
      throws HostStartException, IOException, RefusedException {
    return new Planes(settings, policy, offers, closing);
  }

  private void breakerChanged(RuntimeId provider, BreakerState before, BreakerState now) {
    events.tell(clock.instant(), provider, before, now);
  }

  private Optional<PolicyFollower> follower(StartPolicy start) {
    return start
        .source()
        .map(
            source -> {
              PolicyFollower follower = new PolicyFollower(source, start.document(), policy, audit);
              long nanos = source.interval().toNanos();
              var unused =
                  threads
                      .policy()
                      .scheduleWithFixedDelay(follower::check, nanos, nanos, TimeUnit.NANOSECONDS);
              return follower;
            });
  }

  private void follow(PeerFiles files, List<HostPeer> first) {
    PeerFollower follower = new PeerFollower(files, first, others.peers(), audit);
    long nanos = files.interval().toNanos();
    var unused =
        threads
            .policy()
            .scheduleWithFixedDelay(follower::check, nanos, nanos, TimeUnit.NANOSECONDS);
  }

  Transport transport() {
    return transport;
  }

  HostPlaces places() {
    return places;
  }

  /** Returns which users the runs have. */
  PluginUsers users() {
    return users;
  }

  Trust trust() {
    return trust;
  }

  HostIdentity identity() {
    return identity;
  }

  HostThreads threads() {
    return threads;
  }

  PluginEvents events() {
    return events;
  }

  ControlParts control() {
    return control;
  }

  PluginRuns runs() {
    return runs;
  }

  ServiceRegistry registry() {
    return registry;
  }

  /** Returns what the host offers to plugins. */
  Offered offered() {
    return offered;
  }

  /** Returns the wall clock of the host. */
  InstantSource clock() {
    return clock;
  }

  PolicyInForce policyInForce() {
    return policy;
  }

  GrantDesk grants() {
    return grants;
  }

  ControlAudit audit() {
    return audit;
  }

  /** Returns what {@code plugin} declared and may provide. */
  Set<ServiceName> provided(PluginName plugin, Enrolled declared) {
    return declared.provides().stream()
        .filter(service -> policy.get().mayProvide(plugin, service).isPresent())
        .collect(Collectors.toUnmodifiableSet());
  }

  OtherHosts others() {
    return others;
  }

  /** Sets what starts providers that are missing; until then nothing does. */
  void whenMissing(OnDemand starter) {
    onDemand = starter;
  }

  /** Returns whether {@code plugin} may provide {@code service}. */
  boolean mayProvide(PluginName plugin, ServiceName service) {
    return policy.get().mayProvide(plugin, service).isPresent();
  }

  /** Returns what counts the connections that were refused for who made them. */
  ConnectionRefusals refusals() {
    return refusals;
  }

  Admins admins() {
    return admins;
  }

  /** Returns the connections of administrators that are open. */
  AdminConnections adminConnections() {
    return adminConnections;
  }

  AdminService admin() {
    return admin;
  }

  HostCertificates certificates() {
    return certificates;
  }

  /** Returns what is asked about the servers of plugins that the host connects to. */
  ServerAdmission servers() {
    return servers;
  }

  /** Returns the runs with a connection, in either direction, by a certificate refused by now. */
  private Set<RuntimeId> usersOfRefused() {
    Set<RuntimeId> users = new HashSet<>(exit.connections().usersOfRefused());
    users.addAll(servers.usersOfRefused());
    return users;
  }

  /** Returns what ends the calls and connections of a run. */
  RunExit exit() {
    return exit;
  }

  /** Returns whether {@code plugin} would be the only provider of {@code service}. */
  boolean isExclusive(PluginName plugin, ServiceName service) {
    return policy
        .get()
        .mayProvide(plugin, service)
        .filter(right -> right.sharing() == Sharing.EXCLUSIVE)
        .isPresent();
  }

  HostPolicy policy() {
    return hostPolicy;
  }

  RelayLoops relayLoops() {
    return relayLoops;
  }

  Router router() {
    return router;
  }

  Reenrolment reenrolment() {
    return reenrolment;
  }

  Addresses addresses() {
    return addresses;
  }

  String describe() {
    return transport.describe()
        + "; identity "
        + identity.id()
        + "; machine "
        + Printable.line(MachineName.read());
  }
}
