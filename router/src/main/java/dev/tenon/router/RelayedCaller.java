package dev.tenon.router;

import dev.tenon.core.SpiffeId;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.Optional;

/** Who calls a service of the host. */
public final class RelayedCaller {
  private static final Context.Key<SpiffeId> KEY = Context.key("dev.tenon.relayed-caller");

  private RelayedCaller() {}

  /**
   * Returns the caller that the router stamped on the call now handled; empty outside a call of
   * {@link HostServices}. It follows gRPC's {@link Context}, so it must be asked for on the
   * handler's thread or in a context that was carried over.
   */
  public static Optional<SpiffeId> current() {
    return Optional.ofNullable(KEY.get());
  }

  /** Reads the stamp; only for a server that nothing but the router can reach. */
  static final class Reader implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      String stamp = headers.get(MetadataRules.CALLER);
      if (stamp == null) {
        throw new IllegalStateException("call without tenon-caller (expected: by the router)");
      }
      Context context = Context.current().withValue(KEY, SpiffeId.parse(stamp));
      return Contexts.interceptCall(context, call, headers, next);
    }
  }
}
