package dev.tenon.router;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.Lineages;
import dev.tenon.auth.NotAuthenticatedException;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.audit.AuditLog;
import dev.tenon.core.Identity;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RefusedException;
import dev.tenon.core.SpiffeId;
import dev.tenon.transport.Peer;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Lets the calls of living plugins in: the connection's certificate says who calls, its key must be
 * a live one of that run's lineage, and the runtime token must be of the same lineage. Thread-safe;
 * takes no lock.
 *
 * <p>Whatever is missing or wrong, the caller gets one status with one text; the audit log gets the
 * reason. Handlers behind it find the caller in {@link #CALLER}.
 */
public final class Admission implements ServerInterceptor {
  /** Who calls; set for every call that was let in, and for no other. */
  public static final Context.Key<Identity> CALLER = Context.key("dev.tenon.caller");

  /** The connection that the call came in on; set together with {@link #CALLER}. */
  public static final Context.Key<Peer> PEER = Context.key("dev.tenon.peer");

  private final Lineages lineages;
  private final CallAudit audit;
  private final TokenRule rule;

  /** Makes the admission of one listener, or of one service of it. */
  public Admission(Lineages lineages, AuditLog audit, InstantSource clock, TokenRule rule) {
    this.lineages = requireNonNull(lineages, "lineages");
    this.audit = new CallAudit(requireNonNull(audit, "audit"), requireNonNull(clock, "clock"));
    this.rule = requireNonNull(rule, "rule");
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Optional<Peer> peer = Peer.of(call);
    Optional<SpiffeId.OfPlugin> plugin = peer.flatMap(Admission::plugin);
    try {
      verify(call, plugin, headers);
    } catch (NotAuthenticatedException refused) {
      String actor = plugin.map(id -> id.runtimeId().value()).orElse(null);
      return refuse(call, recorded(actor, refused));
    }
    Identity caller = new Identity(plugin.orElseThrow(), Identity.Evidence.SVID);
    Context admitted = Context.current().withValues(CALLER, caller, PEER, peer.orElseThrow());
    return Contexts.interceptCall(admitted, call, headers, next);
  }

  private static Optional<SpiffeId.OfPlugin> plugin(Peer peer) {
    return peer.id().filter(SpiffeId.OfPlugin.class::isInstance).map(SpiffeId.OfPlugin.class::cast);
  }

  private void verify(ServerCall<?, ?> call, Optional<SpiffeId.OfPlugin> plugin, Metadata headers)
      throws NotAuthenticatedException {
    ConnectionAdmission.check(call.getAttributes());
    if (rule == TokenRule.REQUIRED) {
      lineages.verify(plugin.orElseThrow().runtimeId(), BearerToken.presented(headers));
    }
  }

  private RefusedException recorded(@Nullable String actor, NotAuthenticatedException refused) {
    try {
      audit.notAuthenticated(actor, refused);
      return refused;
    } catch (AuditFailedException e) {
      return e;
    }
  }

  private static <Q> ServerCall.Listener<Q> refuse(ServerCall<Q, ?> call, RefusedException why) {
    ProviderStatus.End end = ProviderStatus.End.of(RefusalStatus.of(why));
    call.close(end.status(), end.trailers());
    return new ServerCall.Listener<>() {};
  }
}
