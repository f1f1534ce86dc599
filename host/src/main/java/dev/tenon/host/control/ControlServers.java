package dev.tenon.host.control;

import dev.tenon.router.Admission;
import dev.tenon.router.ConnectionAdmission;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.Peer;
import dev.tenon.transport.ServerTls;
import dev.tenon.transport.Transport;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;

/** The listeners for enrolment and for control. A flood on one does not starve the other. */
public final class ControlServers {
  private static final int MAX_ENROL_BYTES = 64 * 1024;
  private static final Duration ENROL_LIMIT = Duration.ofSeconds(5);
  private static final Duration CONTROL_LIMIT = Discoveries.MAX_WAIT.plusSeconds(5);

  private ControlServers() {}

  /** Starts the listener on which {@code enrolment} is the only method. */
  public static Server startEnrol(
      Transport transport,
      Endpoint listen,
      ServerTls tls,
      EnrolmentService enrolment,
      ScheduledExecutorService executor)
      throws IOException {
    return transport
        .server(listen, tls)
        .maxInboundMessageSize(MAX_ENROL_BYTES)
        .executor(executor)
        .addService(StrictRequests.of(enrolment))
        .intercept(new PeerInContext())
        .intercept(new CallTimeout(ENROL_LIMIT, executor))
        .build()
        .start();
  }

  /** The services of the control listener, and what admits their calls. */
  public record Control(
      RenewalService renewal,
      Admission bySvidAlone,
      RegistryService registry,
      LifecycleService lifecycle,
      GrantService grants,
      Admission byToken) {}

  /** Starts the control listener; {@code leases} follows its connections. */
  public static Server startControl(
      Transport transport, Endpoint listen, ServerTls tls, Control control, Leases leases)
      throws IOException {
    ServerBuilder<?> server =
        transport
            .server(listen, tls)
            .executor(leases.executor())
            .addTransportFilter(leases.admission())
            .addTransportFilter(leases.filter())
            .intercept(new CallTimeout(CONTROL_LIMIT, leases.timer()));
    add(server, control.renewal(), control.bySvidAlone(), leases.calls());
    add(server, control.registry(), control.byToken(), leases.calls());
    add(server, control.lifecycle(), control.byToken(), leases.calls());
    add(server, control.grants(), control.byToken(), leases.calls());
    return server.build().start();
  }

  private static void add(
      ServerBuilder<?> server, BindableService service, Admission admission, ControlCalls calls) {
    // The last is the first that a call meets.
    server.addService(ServerInterceptors.intercept(StrictRequests.of(service), calls, admission));
  }

  /** What happens when control connections come and go, and who runs and ends control calls. */
  public record Leases(
      ConnectionAdmission admission,
      ControlConnections filter,
      ControlCalls calls,
      Executor executor,
      ScheduledExecutorService timer) {}

  /** Puts the peer of an enrolment call, which has no identity yet, where the service finds it. */
  private static final class PeerInContext implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      Context context = Context.current().withValue(Admission.PEER, Peer.of(call).orElseThrow());
      return Contexts.interceptCall(context, call, headers, next);
    }
  }
}
