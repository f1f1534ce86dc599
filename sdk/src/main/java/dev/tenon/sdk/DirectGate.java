package dev.tenon.sdk;

import static java.lang.System.Logger.Level.DEBUG;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.SignedGrant;
import dev.tenon.core.SpiffeId;
import dev.tenon.v1.DirectGrpc;
import dev.tenon.v1.PresentRequest;
import dev.tenon.v1.PresentResponse;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.StreamObserver;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Lets into the plugin's services the host, and plugins whose call shows a grant of the host's that
 * is for them, for this run and for that very method, now. What a plugin sends under reserved names
 * does not get through. Thread-safe.
 */
final class DirectGate implements ServerInterceptor {
  private static final Context.Key<DirectConnection> CONNECTION =
      Context.key("tenon-direct-connection");

  private static final System.Logger LOG = System.getLogger(DirectGate.class.getName());

  private final HostOnly host;
  private final Supplier<SpiffeId.OfPlugin> self;
  private final Supplier<DirectTold> told;
  private final OpenDirectCalls calls;
  private final InstantSource clock;

  DirectGate(
      HostOnly host,
      Supplier<SpiffeId.OfPlugin> self,
      Supplier<DirectTold> told,
      OpenDirectCalls calls,
      InstantSource clock) {
    this.host = host;
    this.self = self;
    this.told = told;
    this.calls = calls;
    this.clock = clock;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Optional<DirectConnection> direct = DirectConnection.of(call);
    if (direct.isEmpty()) {
      return host.interceptCall(call, headers, next);
    }
    String service = String.valueOf(call.getMethodDescriptor().getServiceName());
    String method = String.valueOf(call.getMethodDescriptor().getBareMethodName());
    try {
      ShownGrant grant = accept(direct.get(), shown(headers));
      grant.require(service, method);
      Reserved.discardAll(headers);
      return calls.begin(grant, method, call, headers, next);
    } catch (DirectRefusedException e) {
      LOG.log(
          DEBUG, "{0} of {1} refused: {2}", service + "/" + method, direct.get().caller(), e.why());
      direct.get().refused();
      return HostOnly.refuse(call, Refusal.GRANT_NOT_ACCEPTED);
    }
  }

  private static String shown(Metadata headers) throws DirectRefusedException {
    Iterable<String> all = headers.getAll(SignedGrant.HEADER);
    if (all == null) {
      throw new DirectRefusedException(DirectRefusal.MISSING);
    }
    Iterator<String> each = all.iterator();
    String text = each.next();
    if (each.hasNext()) {
      throw new DirectRefusedException(DirectRefusal.MALFORMED);
    }
    return text;
  }

  /**
   * Returns the grant in {@code text}, once everything about it but service and method is right.
   */
  private ShownGrant accept(DirectConnection direct, String text) throws DirectRefusedException {
    DirectTold now = told.get();
    if (!now.isServed()) {
      throw new DirectRefusedException(DirectRefusal.OFF);
    }
    Instant instant = clock.instant();
    ShownGrant known = direct.latest(text);
    ShownGrant grant =
        known != null
            ? known
            : ShownGrant.read(text, now.keys(), direct.caller(), self.get(), instant);
    grant.requireLiving(instant);
    calls.requireNotEnded(grant);
    if (known == null) {
      direct.latest(grant);
      calls.shown(grant);
    }
    return grant;
  }

  /** Returns the service to which callers show renewed grants; for them alone. */
  ServerServiceDefinition service() {
    BindableService presents =
        new DirectGrpc.DirectImplBase() {
          @Override
          public void present(PresentRequest request, StreamObserver<PresentResponse> response) {
            DirectConnection direct = CONNECTION.get();
            try {
              var unused = accept(direct, request.getGrant());
              response.onNext(PresentResponse.getDefaultInstance());
              response.onCompleted();
            } catch (DirectRefusedException e) {
              direct.refused();
              response.onError(RefusalStatus.of(Refusal.GRANT_NOT_ACCEPTED));
            }
          }
        };
    return ServerInterceptors.intercept(presents, new CallersOnly());
  }

  /** Refuses whoever has not come directly. */
  private static final class CallersOnly implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      Optional<DirectConnection> direct = DirectConnection.of(call);
      return direct.isPresent()
          ? Contexts.interceptCall(
              Context.current().withValue(CONNECTION, direct.get()), call, headers, next)
          : HostOnly.refuse(call, Refusal.NOT_ALLOWED);
    }
  }
}
