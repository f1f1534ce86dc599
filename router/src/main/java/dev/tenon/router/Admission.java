package dev.tenon.router;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Objects.requireNonNull;

import dev.tenon.auth.Lineages;
import dev.tenon.auth.NotAuthenticatedException;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.audit.AuditLog;
import dev.tenon.core.Identity;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RefusedException;
import dev.tenon.core.SpiffeId;
import dev.tenon.router.relay.WireCall;
import dev.tenon.transport.Peer;
import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.time.InstantSource;
import java.util.Optional;

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
      verify(
          call.getAttributes(), plugin, () -> BearerToken.presented(headers).getBytes(ISO_8859_1));
    } catch (NotAuthenticatedException refused) {
      return refuse(call, recorded(plugin, refused));
    }
    Identity caller = new Identity(plugin.orElseThrow(), Identity.Evidence.SVID);
    Context admitted = Context.current().withValues(CALLER, caller, PEER, peer.orElseThrow());
    return Contexts.interceptCall(admitted, call, headers, next);
  }

  /**
   * Returns who makes {@code call}, which came as frames.
   *
   * @throws RefusedException if that is not proved; the audit log knows, or is the reason
   */
  KnownCaller admit(WireCall call, KnownConnection from) throws RefusedException {
    Optional<SpiffeId.OfPlugin> plugin = from.peer().flatMap(Admission::plugin);
    try {
      verify(call.connection(), plugin, () -> BearerToken.presented(call));
    } catch (NotAuthenticatedException refused) {
      throw recorded(plugin, refused);
    }
    return from.plugin(plugin.orElseThrow());
  }

  /** The token that a call shows. */
  @FunctionalInterface
  private interface Shown {
    byte[] token() throws NotAuthenticatedException;
  }

  private static Optional<SpiffeId.OfPlugin> plugin(Peer peer) {
    return peer.id().filter(SpiffeId.OfPlugin.class::isInstance).map(SpiffeId.OfPlugin.class::cast);
  }

  private void verify(Attributes connection, Optional<SpiffeId.OfPlugin> plugin, Shown shown)
      throws NotAuthenticatedException {
    ConnectionAdmission.check(connection);
    if (rule == TokenRule.REQUIRED) {
      lineages.verify(plugin.orElseThrow().runtimeId(), shown.token());
    }
  }

  private RefusedException recorded(
      Optional<SpiffeId.OfPlugin> plugin, NotAuthenticatedException refused) {
    String actor = plugin.map(id -> id.runtimeId().value()).orElse(null);
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
