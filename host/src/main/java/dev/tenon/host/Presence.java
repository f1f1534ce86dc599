package dev.tenon.host;

import dev.tenon.host.orchestrator.Attendance;
import dev.tenon.host.probe.ProbeServer;
import dev.tenon.host.probe.Readiness;
import dev.tenon.transport.ClientTls;
import dev.tenon.transport.Dns;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.PeerRule;
import dev.tenon.v1.RegisterHostRequest;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * What tells those outside that this host is there and ready: probes and an orchestrator, each only
 * if the settings have one. Thread-safe.
 */
final class Presence {
  private static final System.Logger LOG = System.getLogger(PluginHost.class.getName());

  /** Most services that an orchestrator is told of. */
  private static final int MOST_CAPABILITIES = 10_000;

  /** Longest name of a machine that it is told, in characters. */
  private static final int MOST_HOSTNAME = 255;

  /** Its answers are empty. */
  private static final int MAX_ANSWER_BYTES = 64 * 1024;

  private final Optional<ProbeServer> probes;
  private final Optional<Orchestrator> orchestrator;

  private Presence(Optional<ProbeServer> probes, Optional<Orchestrator> orchestrator) {
    this.probes = probes;
    this.orchestrator = orchestrator;
  }

  /**
   * Starts to answer probes, as a host that is not ready.
   *
   * @throws IOException if their port is not to be had
   * @throws IllegalArgumentException if the orchestrator is of another trust domain
   */
  static Presence open(HostSettings settings, CloseStack closing) throws IOException {
    HostSettings.Outside outside = settings.outside();
    outside
        .orchestrator()
        .filter(told -> !told.id().trustDomain().equals(settings.trustDomain()))
        .ifPresent(
            foreign -> {
              throw new IllegalArgumentException(
                  "orchestrator: "
                      + foreign.id()
                      + " (expected: one of "
                      + settings.trustDomain()
                      + ")");
            });
    Optional<ProbeServer> probes = Optional.empty();
    if (outside.probes().isPresent()) {
      ProbeServer server = closing.add(ProbeServer.open(outside.probes().get()));
      probes = Optional.of(server);
      LOG.log(Level.INFO, "probes over HTTP, in clear, at {0}", server.address());
    }
    return new Presence(probes, outside.orchestrator());
  }

  /** Takes that all of the host has started. */
  void started(Planes planes, CloseStack closing) {
    orchestrator.ifPresent(
        told -> {
          Attendance attendance =
              closing.add(
                  new Attendance(channel(told, planes), told.id().host(), () -> describe(planes)));
          attendance.begin(told.heartbeat(), planes.threads()::every);
        });
    probes.ifPresent(server -> server.say(Readiness.READY));
  }

  /** Takes that the host begins to end. */
  void ending() {
    probes.ifPresent(server -> server.say(Readiness.NOT_READY));
  }

  /** Returns where probes are answered. */
  Optional<String> probes() {
    return probes.map(server -> server.address().toString());
  }

  /** Returns a channel that a revocation ends, so that its next call connects anew and asks. */
  private static ManagedChannel channel(Orchestrator told, Planes planes) {
    ClientTls tls =
        new ClientTls(
            () -> planes.identity().get().trustingOnly(told.authorities()),
            PeerRule.exactly(told.id()),
            chain ->
                planes.others().peers().isRevoked(chain.get(0))
                    ? Optional.empty()
                    : Optional.of(() -> {}), // Its end is nobody's business here.
            Dns.HOST);
    ManagedChannel channel =
        planes
            .transport()
            .channel(Endpoint.parse(told.endpoint()), tls)
            .directExecutor()
            .maxInboundMessageSize(MAX_ANSWER_BYTES)
            .build();
    planes.certificates().whenRevoked(channel::enterIdle);
    return channel;
  }

  private static RegisterHostRequest describe(Planes planes) {
    String machine = MachineName.read();
    RegisterHostRequest.Builder self =
        RegisterHostRequest.newBuilder()
            .setHostId(planes.identity().id().host())
            .setHostname(machine.substring(0, Math.min(machine.length(), MOST_HOSTNAME)));
    Endpoint reached =
        planes
            .others()
            .peers()
            .endpoint()
            .map(Endpoint::parse)
            .orElseGet(() -> planes.addresses().data());
    if (reached instanceof Endpoint.Tcp tcp) {
      self.setAddress(isEverywhere(tcp.host()) ? "" : tcp.host()).setPort(tcp.port());
    }
    planes.registry().registrations().stream()
        .filter(claim -> planes.runs().find(claim.provider()).isPresent())
        .map(claim -> claim.service().value())
        .sorted()
        .distinct()
        .limit(MOST_CAPABILITIES)
        .forEach(self::addCapabilities);
    return self.build();
  }

  /** Returns whether {@code host} means all addresses of a machine; only an address can. */
  private static boolean isEverywhere(String host) {
    boolean isNumeric = host.indexOf(':') >= 0 || host.matches("[0-9.]+");
    return isNumeric && new InetSocketAddress(host, 0).getAddress().isAnyLocalAddress();
  }
}
