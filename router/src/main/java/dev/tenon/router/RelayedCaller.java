package dev.tenon.router;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.Callback;
import dev.tenon.core.Caller;
import dev.tenon.core.Grant;
import dev.tenon.core.SpiffeId;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.function.Function;

/**
 * Reads who calls, for {@link Caller#current}, with which grant, for {@link Grant#current}, and
 * what may be called back meanwhile, for {@link Callback#current}, from the stamps of the router;
 * only for a server inside the host that nothing but the router can reach.
 */
public final class RelayedCaller implements ServerInterceptor {
  private final Function<SpiffeId, Caller> caller;

  /** Makes the interceptor of a server that nobody behind another host calls. */
  public RelayedCaller() {
    caller = Caller::new;
  }

  /** Makes the interceptor of a server inside {@code host}. */
  public RelayedCaller(SpiffeId.OfHost host) {
    requireNonNull(host, "host");
    caller = id -> Caller.seenFrom(host, id);
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    String stamp = headers.get(MetadataRules.CALLER);
    if (stamp == null) {
      throw new IllegalStateException("call without tenon-caller (expected: by the router)");
    }
    Context calling = caller.apply(SpiffeId.parse(stamp)).in(Context.current());
    String service = requireNonNull(call.getMethodDescriptor().getServiceName(), "service");
    Context granted =
        MetadataRules.granted(headers, service).map(grant -> grant.in(calling)).orElse(calling);
    Context context = Callback.of(headers).map(back -> back.in(granted)).orElse(granted);
    return Contexts.interceptCall(context, call, headers, next);
  }
}
