package dev.tenon.router;

import dev.tenon.auth.NotAuthenticatedException.Why;
import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.Role;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Health;
import dev.tenon.core.Identity;
import dev.tenon.core.SpiffeId;
import dev.tenon.registry.HostClaims;
import dev.tenon.registry.LocalRegistry;
import dev.tenon.registry.OtherHost;
import dev.tenon.registry.Registration;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.ClientTls;
import dev.tenon.transport.Connection;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.Dns;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.PeerRule;
import dev.tenon.transport.ServerTls;
import io.grpc.Attributes;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Another host, {@code host-a}, whose router has providers behind the host of a {@link Wire}, and
 * reaches it over mTLS at a listener for hosts.
 */
final class OtherWire implements AutoCloseable {
  static final SpiffeId.OfHost A = new SpiffeId.OfHost(Names.TRUST_DOMAIN, "host-a");
  static final SpiffeId.OfPlugin CALLER = new SpiffeId.OfPlugin(A, Names.CALLER);

  /** Why the wire's host lets nobody of host-a in any more, if so. */
  volatile Optional<Why> refusal = Optional.empty();

  final List<Why> refusedConnections = new CopyOnWriteArrayList<>();
  final LocalRegistry registry = ServiceRegistry.inMemory();
  final RecordingAuditLog audit = new RecordingAuditLog();
  final HostAdmission admission;
  final Router router;
  final OtherHost wireHost;
  private final HostServices hostServices = HostServices.builder().start();
  private final ManagedChannel link;

  OtherWire(Wire wire) throws Exception {
    this(wire, Names.HOST);
  }

  /** Makes one that expects {@code expected} at the wire's address. */
  OtherWire(Wire wire, SpiffeId.OfHost expected) throws Exception {
    EmbeddedAuthority authority =
        EmbeddedAuthority.create(Names.TRUST_DOMAIN, Role.HOST, wire.clock, wire.random);
    admission =
        new HostAdmission(
            new Listed(), wire.audit, () -> wire.clock.instant().plus(wire.ahead.get()));
    ServerTls tls =
        new ServerTls(
            () -> wire.hostCredentials.trustingOnly(authority.trustBundle()),
            ServerTls.ClientAuth.REQUIRED,
            PeerRule.exactly(A));
    Endpoint at = wire.listen(tls, admission, wire.router.wireFront(admission, wire.rate()));
    KeyPair keys = CertificateRequest.newKeyPair();
    Credentials own =
        Credentials.of(
            keys.getPrivate(), authority.issue(A, keys.getPublic()), wire.hosts.trustBundle());
    link =
        wire.transport
            .channel(at, new ClientTls(() -> own, PeerRule.exactly(expected), Dns.HOST))
            .directExecutor()
            .build();
    wireHost = new OtherHost(Names.HOST, at.toString());
    registry.believe((host, claim) -> true);
    tell(Names.claim(Names.WORDS_2, Names.ECHO));
    Policy policy = Policy.parse(Names.POLICY);
    router =
        Router.builder()
            .policy(() -> policy)
            .registry(registry)
            .hostServices(hostServices)
            .backends((provider, caller) -> Optional.empty())
            .otherHosts((host, caller) -> Optional.of(link))
            .audit(audit)
            .clock(wire.clock)
            .build();
  }

  /** Says that {@code claim} stands behind the wire's host, healthy. */
  void tell(Registration claim) throws Exception {
    registry.put(
        new HostClaims(wireHost, List.of(claim), Map.of(claim.provider(), Health.HEALTHY)));
  }

  /** Returns the channel on which a plugin of host-a calls. */
  Channel caller() {
    return router.channel(new Identity(CALLER, Identity.Evidence.SVID));
  }

  /** Returns the connection of host-a to the wire's host, for calls that no router made. */
  Channel link() {
    return link;
  }

  @Override
  public void close() {
    link.shutdownNow();
    router.close();
    hostServices.close();
  }

  private final class Listed implements HostAdmission.Hosts {
    @Override
    public Optional<Why> refusal(SpiffeId.OfHost host, Connection connection) {
      return refusal;
    }

    @Override
    public Optional<Why> refusal(SpiffeId.OfHost host, X509Certificate leaf) {
      return refusal;
    }

    @Override
    public void refused(Optional<SpiffeId.OfHost> host, Why why, Attributes connection) {
      refusedConnections.add(why);
    }
  }
}
