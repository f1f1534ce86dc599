package dev.tenon.sdk;

import dev.tenon.core.SpiffeId;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.PeerRule;
import dev.tenon.transport.ServerTls;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerTransportFilter;
import java.time.InstantSource;
import java.util.List;

/**
 * Who may connect to the plugin's server and call its services: the host, and, while the host says
 * so, plugins that it has introduced. Thread-safe.
 */
final class DirectServing {
  private final SpiffeId.OfHost host;
  private final CurrentIdentity identity;
  private final OpenDirectCalls calls;
  private final DirectConnections connections;
  private final DirectGate gate;
  private volatile DirectTold told = DirectTold.OFF;

  DirectServing(SpiffeId.OfHost host, CurrentIdentity identity, InstantSource clock, Timer timer) {
    this.host = host;
    this.identity = identity;
    calls = new OpenDirectCalls(clock);
    connections =
        new DirectConnections(host, () -> identity.credentials().trustBundle(), () -> told, clock);
    gate = new DirectGate(new HostOnly(host), () -> identity.now().id(), () -> told, calls, clock);
    calls.watch(timer);
  }

  /** Takes what the host says now, and ends what that does not allow. */
  void told(DirectTold now) {
    told = now;
    connections.recheck();
    if (!now.isServed()) {
      calls.endAll();
    }
  }

  /** Accepts no call any more under the grants {@code serials}. */
  void end(List<String> serials, OpenCalls open) {
    calls.end(serials, open);
  }

  /** Returns how the server proves itself, and whom it takes. */
  ServerTls tls() {
    PeerRule plugins = PeerRule.pluginsOf(host);
    return new ServerTls(
        this::credentials,
        ServerTls.ClientAuth.REQUIRED,
        PeerRule.exactly(host).or(id -> told.isServed() && plugins.accepts(id)));
  }

  private Credentials credentials() {
    DirectTold now = told;
    return now.isServed()
        ? identity.credentials().alsoTrusting(now.callerAuthorities())
        : identity.credentials();
  }

  /** Returns what looks at each connection once more. */
  ServerTransportFilter connections() {
    return connections;
  }

  /** Returns what each call of the plugin's services meets first. */
  ServerInterceptor gate() {
    return gate;
  }

  /** Returns the service for direct callers. */
  ServerServiceDefinition service() {
    return gate.service();
  }
}
