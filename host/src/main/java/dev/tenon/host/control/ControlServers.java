package dev.tenon.host.control;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.RateLimits;
import dev.tenon.router.Admission;
import dev.tenon.router.CallRate;
import dev.tenon.router.ConnectionAdmission;
import dev.tenon.transport.Door;
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

  /** How long a connection for enrolment may stay: it is for one call. */
  private static final Duration ENROL_IDLE = Duration.ofSeconds(10);

  private static final Duration ENROL_AGE = Duration.ofMinutes(1);

  private static final Duration CONTROL_LIMIT = Discoveries.MAX_WAIT.plusSeconds(5);

  private ControlServers() {}

  /** What guards a listener: which connections it takes, and how often it is asked for what. */
  public record Guard(Door door, RateLimits rates) {}

  /** Starts the listener on which {@code enrolment} is the only service. */
  public static Server startEnrol(
      Transport transport,
      Endpoint listen,
      ServerTls tls,
      EnrolmentService enrolment,
      Guard guard,
      ScheduledExecutorService executor)
      throws IOException {
    return transport
        .server(listen, tls, guard.door())
        .maxConnectionIdle(ENROL_IDLE.toMillis(), MILLISECONDS)
        .maxConnectionAge(ENROL_AGE.toMillis(), MILLISECONDS)
        .maxConnectionAgeGrace(ENROL_LIMIT.toMillis(), MILLISECONDS)
        .maxInboundMessageSize(MAX_ENROL_BYTES)
        .executor(executor)
        .addService(StrictRequests.of(enrolment))
        .intercept(new PeerInContext())
        .intercept(new CallTimeout(ENROL_LIMIT, executor))
        .intercept(new EnrolmentRate(guard.rates())) // the last is the first that a call meets
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
      IntroductionService introductions,
      AdminService admin,
      Admins admins,
      AdminConnections ofAdmins,
      Admission byToken,
      ControlAudit audit,
      Guard guard) {}

  /** Starts the control listener; {@code leases} follows its connections. */
  public static Server startControl(
      Transport transport, Endpoint listen, ServerTls tls, Control control, Leases leases)
      throws IOException {
    ServerBuilder<?> server =
        transport
            .server(listen, tls, control.guard().door())
            .executor(leases.executor())
            .addTransportFilter(leases.admission())
            .addTransportFilter(leases.filter())
            .addTransportFilter(control.ofAdmins())
            .intercept(new CallTimeout(CONTROL_LIMIT, leases.timer()));
    CallRate rate = new CallRate(control.guard().rates(), ControlRates::of);
    add(server, control.renewal(), leases.calls(), control.bySvidAlone(), rate);
    add(server, control.registry(), leases.calls(), control.byToken(), rate);
    add(server, control.lifecycle(), leases.calls(), control.byToken(), rate);
    add(server, control.grants(), leases.calls(), control.byToken(), rate);
    add(server, control.introductions(), leases.calls(), control.byToken(), rate);
    CallRate adminRate = new CallRate(control.guard().rates(), method -> Limited.ADMIN);
    AdminGate gate =
        new AdminGate(control.admins(), control.audit(), leases.calls(), control.byToken());
    add(server, control.admin(), gate, adminRate);
    server.fallbackHandlerRegistry(new UnknownAdminMethods(gate, adminRate));
    return server.build().start();
  }

  private static void add(
      ServerBuilder<?> server, BindableService service, ServerInterceptor... lastFirst) {
    // The last is the first that a call meets.
    server.addService(ServerInterceptors.intercept(StrictRequests.of(service), lastFirst));
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
