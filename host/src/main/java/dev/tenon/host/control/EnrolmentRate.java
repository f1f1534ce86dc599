package dev.tenon.host.control;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.RateLimitedException;
import dev.tenon.auth.limit.RateLimits;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RefusedException;
import dev.tenon.transport.Peer;
import dev.tenon.transport.Source;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Limits enrolments by where they come from, before anything of them is read. Thread-safe.
 *
 * <p>On a Unix socket that is a user, and plugins share theirs. There a call over the limit is
 * passed on with a mark: {@link EnrolmentService} looks only at a token that the host has issued to
 * a plugin that it launched. So nobody who lacks one can keep a plugin from starting, or hide that
 * a token was used twice.
 */
final class EnrolmentRate implements ServerInterceptor {
  private static final Context.Key<RateLimitedException> OVER =
      Context.key("dev.tenon.enrolments-over-limit");

  private final RateLimits limits;

  EnrolmentRate(RateLimits limits) {
    this.limits = requireNonNull(limits, "limits");
  }

  /** Returns why the current call needs a token that was issued; null if it is in order. */
  static @Nullable RateLimitedException over() {
    return OVER.get();
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    try {
      limits.require(Limited.ENROL, Source.of(call).name());
    } catch (RateLimitedException over) {
      if (Peer.of(call).flatMap(Peer::process).isEmpty()) {
        return refuse(call, over);
      }
      return Contexts.interceptCall(Context.current().withValue(OVER, over), call, headers, next);
    } catch (RefusedException failed) {
      return refuse(call, failed);
    }
    return next.startCall(call, headers);
  }

  private static <Q> ServerCall.Listener<Q> refuse(ServerCall<Q, ?> call, RefusedException why) {
    StatusRuntimeException status = RefusalStatus.of(why);
    call.close(status.getStatus(), Objects.requireNonNull(status.getTrailers(), "trailers"));
    return new ServerCall.Listener<>() {};
  }
}
