package dev.tenon.router;

import static dev.tenon.core.Identity.Evidence.SVID;
import static java.util.Objects.requireNonNull;

import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.RateLimits;
import dev.tenon.core.Identity;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RefusedException;
import dev.tenon.core.SpiffeId;
import dev.tenon.transport.Peer;
import dev.tenon.transport.Source;
import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.Optional;
import java.util.function.Function;

/**
 * Lets calls in as often as the limits say, before {@link Admission} and before their first message
 * is read, so that a refusal costs next to nothing. Thread-safe; takes no lock.
 *
 * <p>Counted is the run, administrator or other host that the connection's verified certificate
 * names, over all of its connections, whatever token a call shows: a run that guesses tokens uses
 * up its own allowance. Without a certificate it is the source of the connection.
 */
public final class CallRate implements ServerInterceptor {
  private final RateLimits limits;
  private final Function<String, Limited> kinds;

  /**
   * Makes the interceptor.
   *
   * @param kinds what a call of a method counts as, by the method's full name
   */
  public CallRate(RateLimits limits, Function<String, Limited> kinds) {
    this.limits = requireNonNull(limits, "limits");
    this.kinds = requireNonNull(kinds, "kinds");
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    try {
      limits.require(
          kinds.apply(call.getMethodDescriptor().getFullMethodName()), who(call.getAttributes()));
    } catch (RefusedException refused) {
      return refuse(call, refused);
    }
    return next.startCall(call, headers);
  }

  /**
   * Counts a call of {@code path}, which came as frames on {@code from}.
   *
   * @throws RefusedException if it is not let in
   */
  void require(String path, KnownConnection from) throws RefusedException {
    limits.require(from.kind(path, kinds), from.limitedAs());
  }

  /** Returns whose the calls of the connection with {@code attributes} count as. */
  static String who(Attributes attributes) {
    return Optional.ofNullable(attributes.get(Peer.KEY))
        .flatMap(Peer::id)
        .map(CallRate::who)
        .orElseGet(
            () -> Optional.ofNullable(attributes.get(Source.KEY)).orElse(Source.UNKNOWN).name());
  }

  private static String who(SpiffeId id) {
    return id instanceof SpiffeId.OfHost ? id.nameBehind() : new Identity(id, SVID).actor();
  }

  /** Ends {@code call} with the status of {@code why}; what still comes of it is dropped. */
  static <Q> ServerCall.Listener<Q> refuse(ServerCall<Q, ?> call, RefusedException why) {
    ProviderStatus.End end = ProviderStatus.End.of(RefusalStatus.of(why));
    call.close(end.status(), end.trailers());
    return new ServerCall.Listener<>() {};
  }
}
