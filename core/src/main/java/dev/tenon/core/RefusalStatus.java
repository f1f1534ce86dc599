package dev.tenon.core;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.Arrays;
import java.util.Optional;

/**
 * The one place where refusals become gRPC statuses: code, text, and {@code google.rpc.ErrorInfo}
 * with the reason and the domain {@value #DOMAIN}, so that any language can tell them apart.
 */
public final class RefusalStatus {
  /** The domain of all reasons. */
  public static final String DOMAIN = "tenon.dev";

  private RefusalStatus() {}

  /** Returns what the peer of a refused request gets. */
  public static StatusRuntimeException of(RefusedException refused) {
    return of(refused.refusal(), refused.publicText());
  }

  /** Returns {@code refusal} with its usual text. */
  public static StatusRuntimeException of(Refusal refusal) {
    return of(refusal, refusal.text());
  }

  /**
   * Returns which refusal a peer's {@code status} tells by its {@code trailers}, or empty if it
   * tells none of this domain. A peer can tell what it likes: nothing may be allowed because of it.
   */
  public static Optional<Refusal> read(Status status, Metadata trailers) {
    var details = StatusProto.fromStatusAndTrailers(status, trailers);
    return details.getDetailsList().stream()
        .filter(detail -> detail.is(ErrorInfo.class))
        .map(RefusalStatus::errorInfo)
        .filter(info -> info.getDomain().equals(DOMAIN))
        .flatMap(
            info ->
                Arrays.stream(Refusal.values())
                    .filter(refusal -> refusal.name().equals(info.getReason()))
                    .filter(refusal -> refusal.code() == status.getCode()))
        .findFirst();
  }

  private static ErrorInfo errorInfo(Any detail) {
    try {
      return detail.unpack(ErrorInfo.class);
    } catch (InvalidProtocolBufferException e) {
      return ErrorInfo.getDefaultInstance();
    }
  }

  private static StatusRuntimeException of(Refusal refusal, String text) {
    return StatusProto.toStatusRuntimeException(
        com.google.rpc.Status.newBuilder()
            .setCode(refusal.code().value())
            .setMessage(text)
            .addDetails(
                Any.pack(
                    ErrorInfo.newBuilder().setReason(refusal.name()).setDomain(DOMAIN).build()))
            .build());
  }
}
