package dev.tenon.host.control;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.NotAuthenticatedException;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.core.CallPath;
import dev.tenon.core.Identity;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.SpiffeId;
import dev.tenon.router.Admission;
import dev.tenon.transport.Peer;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Who may call {@code tenon.v1.Admin}: the administrators of this host, whose connection is looked
 * at anew for each call. Plugins are refused the name, whatever the method, after their own
 * admission. Each refusal is on record, and comes before the message is read. Thread-safe.
 */
final class AdminGate implements ServerInterceptor {
  /** Whether the caller is still an administrator, for calls that last. */
  static final Context.Key<BooleanSupplier> IS_STILL_ADMIN = Context.key("is-still-admin");

  private final Admins admins;
  private final ControlAudit audit;
  private final List<ServerInterceptor> ofPlugins;

  /**
   * Makes the gate.
   *
   * @param lastFirst what a call of a plugin meets before it is refused, the last first
   */
  AdminGate(Admins admins, ControlAudit audit, ServerInterceptor... lastFirst) {
    this.admins = requireNonNull(admins, "admins");
    this.audit = requireNonNull(audit, "audit");
    ofPlugins = List.of(lastFirst);
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Optional<Peer> peer = Peer.of(call);
    if (peer.isEmpty() || !(peer.get().id().orElse(null) instanceof SpiffeId.OfAdmin admin)) {
      return refusePlugin(call, headers);
    }
    X509Certificate leaf = peer.get().certificate().orElseThrow();
    try {
      admins.verify(admin, leaf);
    } catch (NotAuthenticatedException e) {
      return close(call, recorded(admin, e));
    }
    Context admitted =
        Context.current()
            .withValues(
                Admission.CALLER,
                new Identity(admin, Identity.Evidence.SVID),
                Admission.PEER,
                peer.get(),
                IS_STILL_ADMIN,
                () -> isAdmin(admin, leaf));
    return Contexts.interceptCall(admitted, call, headers, next);
  }

  private boolean isAdmin(SpiffeId.OfAdmin admin, X509Certificate leaf) {
    try {
      admins.verify(admin, leaf);
      return true;
    } catch (NotAuthenticatedException e) {
      return false;
    }
  }

  private StatusRuntimeException recorded(SpiffeId.OfAdmin admin, NotAuthenticatedException why) {
    try {
      audit.denied(
          "authentication", admin.name(), "verify", /* resource= */ null, why.auditReason());
      return RefusalStatus.of(why);
    } catch (AuditFailedException e) {
      return RefusalStatus.of(e);
    }
  }

  private <Q, R> ServerCall.Listener<Q> refusePlugin(ServerCall<Q, R> call, Metadata headers) {
    ServerCallHandler<Q, R> all = this::refuse;
    for (ServerInterceptor interceptor : ofPlugins) {
      ServerCallHandler<Q, R> behind = all;
      all = (called, metadata) -> interceptor.interceptCall(called, metadata, behind);
    }
    return all.startCall(call, headers);
  }

  private <Q, R> ServerCall.Listener<Q> refuse(ServerCall<Q, R> call, Metadata headers) {
    String actor = requireNonNull(Admission.CALLER.get(), "caller").actor();
    String method = call.getMethodDescriptor().getFullMethodName();
    try {
      audit.denied("admin", actor, "call", legal(method), "a plugin");
      return close(call, RefusalStatus.of(Refusal.NOT_ALLOWED));
    } catch (AuditFailedException e) {
      return close(call, RefusalStatus.of(e));
    }
  }

  private static <Q> ServerCall.Listener<Q> close(
      ServerCall<Q, ?> call, StatusRuntimeException refused) {
    call.close(refused.getStatus(), Objects.requireNonNull(refused.getTrailers(), "trailers"));
    return new ServerCall.Listener<>() {};
  }

  /** Returns {@code method} if it has a legal form; otherwise it is the peer's own words. */
  private static @Nullable String legal(String method) {
    try {
      return CallPath.ofFullMethodName(method).toString();
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
