package dev.tenon.core;

import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/**
 * The one place where refusals become gRPC statuses: code, text, and {@code google.rpc.ErrorInfo}
 * with the reason and the domain {@value #DOMAIN}, so that any language can tell them apart; and
 * {@code google.rpc.RetryInfo} where waiting helps.
 */
public final class RefusalStatus {
  /** The domain of all reasons. */
  public static final String DOMAIN = "tenon.dev";

  /**
   * Marks a refusal of the host itself, with its reason. The router takes every trailer of this
   * prefix out of what providers send, so that none of them can speak for the host, and out of how
   * it ends calls that it had passed on.
   */
  private static final Metadata.Key<String> MARK =
      Metadata.Key.of("tenon-refused", Metadata.ASCII_STRING_MARSHALLER);

  private RefusalStatus() {}

  /** Returns what the peer of a refused request gets. */
  public static StatusRuntimeException of(RefusedException refused) {
    return of(refused.refusal(), refused.publicText(), refused.retryAfter());
  }

  /** Returns {@code refusal} with its usual text. */
  public static StatusRuntimeException of(Refusal refusal) {
    return of(refusal, refusal.text(), Optional.empty());
  }

  /**
   * Returns as what the host itself refused a call that ended with {@code status} and {@code
   * trailers}, or empty if a provider ended it, or the transport did.
   */
  public static Optional<Refusal> ofHost(Status status, Metadata trailers) {
    String mark = trailers.get(MARK);
    return Arrays.stream(Refusal.values())
        .filter(refusal -> refusal.name().equals(mark) && refusal.code() == status.getCode())
        .findFirst();
  }

  private static StatusRuntimeException of(
      Refusal refusal, String text, Optional<Duration> retryAfter) {
    com.google.rpc.Status.Builder status =
        com.google.rpc.Status.newBuilder()
            .setCode(refusal.code().value())
            .setMessage(text)
            .addDetails(
                Any.pack(
                    ErrorInfo.newBuilder().setReason(refusal.name()).setDomain(DOMAIN).build()));
    retryAfter.ifPresent(wait -> status.addDetails(Any.pack(retryInfo(wait))));
    Metadata trailers = new Metadata();
    trailers.put(MARK, refusal.name());
    return StatusProto.toStatusRuntimeException(status.build(), trailers);
  }

  private static RetryInfo retryInfo(Duration wait) {
    return RetryInfo.newBuilder()
        .setRetryDelay(
            com.google.protobuf.Duration.newBuilder()
                .setSeconds(wait.getSeconds())
                .setNanos(wait.getNano()))
        .build();
  }
}
