package dev.tenon.sdk;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.SpiffeId;
import dev.tenon.transport.Peer;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;

/**
 * Refuses every call that does not come from the plugin's own host. TLS has refused others already;
 * this is the second line, for the day that the first is misconfigured.
 */
final class HostOnly implements ServerInterceptor {
  private final SpiffeId.OfHost host;

  HostOnly(SpiffeId.OfHost host) {
    this.host = host;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    boolean isHost =
        Peer.of(call).flatMap(Peer::id).filter(host::equals).isPresent()
            && call.getAttributes().get(DirectConnections.REFUSED) == null;
    return isHost ? next.startCall(call, headers) : refuse(call);
  }

  /** Ends {@code call} with PERMISSION_DENIED. */
  static <Q, R> ServerCall.Listener<Q> refuse(ServerCall<Q, R> call) {
    return refuse(call, Refusal.NOT_ALLOWED);
  }

  /** Ends {@code call} for {@code why}. */
  static <Q, R> ServerCall.Listener<Q> refuse(ServerCall<Q, R> call, Refusal why) {
    StatusRuntimeException refused = RefusalStatus.of(why);
    Metadata trailers = refused.getTrailers();
    call.close(refused.getStatus(), trailers == null ? new Metadata() : trailers);
    return new ServerCall.Listener<>() {};
  }
}
