package dev.tenon.host.control;

import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.RateLimits;
import dev.tenon.router.Admission;
import dev.tenon.router.CallRate;
import dev.tenon.router.ConnectionAdmission;
import dev.tenon.router.OwnServices;
import dev.tenon.router.relay.HandlerThreads;
import dev.tenon.router.relay.RelayLoops;
import dev.tenon.router.relay.WireFront;
import dev.tenon.transport.Door;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.Listening;
import dev.tenon.transport.Peer;
import dev.tenon.transport.ServerTls;
import dev.tenon.transport.StrictMessages;
import dev.tenon.transport.Transport;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerTransportFilter;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
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

  /** Where a listener is, and on which loops its calls are read. */
  public record At(Transport transport, RelayLoops loops, Endpoint listen, ServerTls tls) {
    Listening open(
        Door door,
        List<ServerTransportFilter> filters,
        OwnServices services,
        WireFront.Limits limits)
        throws IOException {
      return transport.listen(listen, tls, door, filters, new WireFront(services, loops, limits));
    }
  }

  /** Starts the listener on which {@code enrolment} is the only service. */
  public static Listening startEnrol(
      At at, EnrolmentService enrolment, Guard guard, ScheduledExecutorService executor)
      throws IOException {
    ServerServiceDefinition service =
        ServerInterceptors.intercept(
            StrictMessages.of(enrolment.bindService()),
            new PeerInContext(),
            new CallTimeout(ENROL_LIMIT, executor),
            new EnrolmentRate(guard.rates())); // the last is the first that a call meets
    return at.open(
        guard.door(),
        List.of(),
        new OwnServices(List.of(service), new HandlerThreads(executor, executor)),
        new WireFront.Limits(
            guard.door().limits().callsPerConnection(),
            MAX_ENROL_BYTES,
            ENROL_AGE,
            ENROL_IDLE,
            WireFront.Limits.EVER)); // It has a limit of its own.
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
  public static Listening startControl(At at, Control control, Leases leases) throws IOException {
    CallTimeout limit = new CallTimeout(CONTROL_LIMIT, leases.timer());
    CallRate rate = new CallRate(control.guard().rates(), ControlRates::of);
    ServerInterceptor[] bySvidAlone = {leases.calls(), control.bySvidAlone(), rate, limit};
    ServerInterceptor[] byToken = {leases.calls(), control.byToken(), rate, limit};
    CallRate adminRate = new CallRate(control.guard().rates(), method -> Limited.ADMIN);
    AdminGate gate =
        new AdminGate(control.admins(), control.audit(), leases.calls(), control.byToken());
    OwnServices services =
        new OwnServices(
            List.of(
                guarded(control.renewal(), bySvidAlone),
                guarded(control.registry(), byToken),
                guarded(control.lifecycle(), byToken),
                guarded(control.grants(), byToken),
                guarded(control.introductions(), byToken),
                guarded(control.admin(), gate, adminRate, limit)),
            new UnknownAdminMethods(gate, adminRate, limit),
            new HandlerThreads(leases.executor(), leases.timer()));
    return at.open(
        control.guard().door(),
        List.of(leases.admission(), leases.filter(), control.ofAdmins()),
        services,
        new WireFront.Limits(
            control.guard().door().limits().callsPerConnection(),
            Transport.MAX_MESSAGE_BYTES,
            WireFront.Limits.EVER, // A plugin's claims live while it has a connection.
            WireFront.Limits.EVER,
            WireFront.Limits.EVER)); // A watch says nothing for as long as nothing changes.
  }

  /** The last of {@code lastFirst} is the first that a call meets. */
  private static ServerServiceDefinition guarded(
      BindableService service, ServerInterceptor... lastFirst) {
    return ServerInterceptors.intercept(StrictMessages.of(service.bindService()), lastFirst);
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
