package dev.tenon.core;

import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;

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
