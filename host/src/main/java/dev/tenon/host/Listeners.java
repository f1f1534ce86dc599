package dev.tenon.host;

import dev.tenon.auth.audit.AuditLog;
import dev.tenon.core.RuntimeId;
import dev.tenon.host.control.ControlConnections;
import dev.tenon.host.control.ControlServers;
import dev.tenon.host.control.EnrolmentService;
import dev.tenon.host.control.GrantService;
import dev.tenon.host.control.LifecycleService;
import dev.tenon.host.control.RegistryService;
import dev.tenon.host.control.RenewalService;
import dev.tenon.registry.SharedRegistry;
import dev.tenon.router.Admission;
import dev.tenon.router.HostAdmission;
import dev.tenon.router.TokenRule;
import dev.tenon.router.relay.CallHandler;
import dev.tenon.router.relay.WireFront;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.Listening;
import dev.tenon.transport.PeerRule;
import dev.tenon.transport.ServerTls;
import io.grpc.ServerTransportFilter;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Starts the three listeners of a host; lives only while its planes are opened. */
final class Listeners {
  private final Planes planes;
  private final HostSettings settings;
  private final AuditLog log;
  private final CloseStack closing;
  private final Limits limits;
  private final DirectPlane direct;

  Listeners(Planes planes, HostSettings settings, AuditLog log, CloseStack closing) {
    this.planes = planes;
    this.settings = settings;
    this.log = log;
    this.closing = closing;
    this.direct = new DirectPlane(planes, settings.sources().random());
    this.limits =
        Limits.of(
            settings.hostLimits(),
            planes.refusals(),
            planes.users()::hasUser,
            log,
            settings.sources().clock(),
            closing);
  }

  Planes.Addresses start() throws IOException {
    if (settings.hosts().isListening()) {
      planes.others().peers().listens(startHosts(settings.hosts()).toString());
    }
    Planes.Addresses addresses =
        new Planes.Addresses(
            startEnrol(), startControl(settings.listen()), startData(settings.listen()));
    planes.others().announce(); // Calls of other hosts need all of them.
    return addresses;
  }

  private Endpoint startEnrol() throws IOException {
    Endpoint listen = planes.places().listener("e", settings.listen().enrol());
    ServerTls tls = new ServerTls(planes.identity(), ServerTls.ClientAuth.NONE, id -> false);
    EnrolmentService enrolment =
        new EnrolmentService(
            planes.trust(),
            planes.runs(),
            planes.policyInForce(),
            new EnrolmentService.Offer(
                planes.offered().all(),
                planes.offered().byGrant().keySet(),
                planes.offered().duringCalls(),
                settings.trust().protocol()),
            direct.modes(),
            planes.audit());
    return opened(
        ControlServers.startEnrol(
            at(listen, tls), enrolment, limits.guard("enrol"), planes.threads().enrol()));
  }

  private Endpoint startControl(HostSettings.Listen asked) throws IOException {
    Endpoint listen = planes.places().listener("c", asked.control());
    ControlConnections leases = planes.control().leases();
    planes.runs().whenReenrolled(this::changeOver);
    ControlServers.Control services =
        new ControlServers.Control(
            new RenewalService(planes.trust(), planes.runs(), planes.audit()),
            admission(TokenRule.SVID_ALONE),
            new RegistryService(
                planes.control().claims(),
                leases,
                planes.audit(),
                planes.control().discoveries(),
                planes.control().watches(),
                planes.registry() instanceof SharedRegistry
                    ? planes.threads().registering()
                    : Runnable::run),
            new LifecycleService(planes.control().health(), planes.runs()),
            new GrantService(planes.grants()),
            direct.service(),
            planes.admin(),
            planes.admins(),
            planes.adminConnections(),
            admission(TokenRule.REQUIRED),
            planes.audit(),
            limits.guard("control"));
    return opened(
        ControlServers.startControl(
            at(listen, alsoForAdmins(mutualTls())),
            services,
            new ControlServers.Leases(
                planes.exit().connections(),
                leases,
                planes.exit().controlCalls(),
                planes.threads().control(),
                planes.threads().timer())));
  }

  /** Keeps the claims of a run that enrolled again; ends what it had before a little later. */
  private void changeOver(RuntimeId run) {
    direct.reenrolled(run);
    planes.control().leases().hold(run, planes.threads().timer());
    var unused =
        planes
            .threads()
            .timer()
            .schedule(
                () -> planes.exit().connections().endForeign(run),
                ControlConnections.CHANGE_OVER.toMillis(),
                TimeUnit.MILLISECONDS);
  }

  private Endpoint startData(HostSettings.Listen asked) throws IOException {
    Endpoint listen = planes.places().listener("d", asked.data());
    return relaying(
        listen,
        mutualTls(),
        "data",
        planes.exit().connections(),
        planes.router().wireFront(admission(TokenRule.REQUIRED), limits.calls()));
  }

  private Endpoint relaying(
      Endpoint listen,
      ServerTls tls,
      String plane,
      ServerTransportFilter connections,
      CallHandler calls)
      throws IOException {
    return opened(
        planes
            .transport()
            .listen(
                listen,
                tls,
                limits.door(plane),
                List.of(connections),
                new WireFront(
                    calls, planes.relayLoops(), limits.front(settings.calls().maxMessageBytes()))));
  }

  /**
   * Starts the listener for other hosts. It trusts none but their authorities, and there is nothing
   * behind it but the router.
   */
  private Endpoint startHosts(HostSettings.Hosts hosts) throws IOException {
    Endpoint listen = planes.places().listener("h", hosts.listen());
    HostAdmission admission =
        planes.others().peers().admission(planes.refusals(), log, settings.sources().clock());
    planes.certificates().whenRevoked(admission::recheck);
    ServerTls tls =
        new ServerTls(
            this::trustingPeers,
            ServerTls.ClientAuth.REQUIRED,
            id -> planes.others().peers().find(id).isPresent());
    return relaying(
        listen, tls, "hosts", admission, planes.router().wireFront(admission, limits.calls()));
  }

  /** Without peers nobody is let in, whomever the handshake trusts. */
  private Credentials trustingPeers() {
    List<X509Certificate> authorities = planes.others().peers().authorities();
    Credentials own = planes.identity().get();
    return authorities.isEmpty() ? own : own.trustingOnly(authorities);
  }

  private ServerTls mutualTls() {
    return new ServerTls(
        planes.identity(),
        ServerTls.ClientAuth.REQUIRED,
        PeerRule.pluginsOf(planes.identity().id()));
  }

  /** Whose authority signed for whom is asked again, for each call: see {@code AdminGate}. */
  private ServerTls alsoForAdmins(ServerTls tls) {
    List<X509Certificate> ofAdmins = planes.admins().trustBundle();
    if (ofAdmins.isEmpty()) {
      return tls;
    }
    return new ServerTls(
        () -> tls.credentials().get().alsoTrusting(ofAdmins),
        tls.clientAuth(),
        tls.peers().or(PeerRule.adminsOf(planes.identity().id())));
  }

  private Admission admission(TokenRule rule) {
    return new Admission(planes.trust().lineages(), log, settings.sources().clock(), rule);
  }

  private ControlServers.At at(Endpoint listen, ServerTls tls) {
    return new ControlServers.At(planes.transport(), planes.relayLoops(), listen, tls);
  }

  private Endpoint opened(Listening listening) {
    closing.add(listening);
    return listening.endpoint();
  }
}
