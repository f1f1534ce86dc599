package dev.tenon.testing.attack;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import dev.tenon.core.Refusal;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/**
 * All that a peer learns from a refused call, text and details byte for byte; oracle O7 compares
 * two of them, so that their size is the same as well.
 */
record Answer(Status.Code code, String text, ByteString details) {
  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

  static Answer of(StatusRuntimeException refused) {
    Metadata trailers = refused.getTrailers();
    byte[] details = trailers == null ? null : trailers.get(DETAILS);
    return new Answer(
        refused.getStatus().getCode(),
        String.valueOf(refused.getStatus().getDescription()),
        details == null ? ByteString.EMPTY : ByteString.copyFrom(details));
  }

  /** Returns whether this is {@code refusal} with its reason, whatever the text. */
  boolean is(Refusal refusal) {
    return code == refusal.code() && reason().equals(refusal.name());
  }

  private String reason() {
    try {
      com.google.rpc.Status status = com.google.rpc.Status.parseFrom(details);
      return status.getDetailsCount() > 0
          ? status.getDetails(0).unpack(ErrorInfo.class).getReason()
          : "";
    } catch (InvalidProtocolBufferException e) {
      return "";
    }
  }
}
