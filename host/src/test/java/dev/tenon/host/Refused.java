package dev.tenon.host;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import dev.tenon.core.Refusal;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** All that a peer learns from a refused call; two refusals that are equal tell it nothing. */
record Refused(Status.Code code, String text, ByteString details) {
  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

  /** Makes {@code call}, which must be refused. */
  static Refused by(ThrowingCallable call) {
    StatusRuntimeException refused = catchThrowableOfType(StatusRuntimeException.class, call);
    if (refused == null) {
      throw new AssertionError("the call was answered (expected: refused)");
    }
    return of(refused);
  }

  static Refused of(StatusRuntimeException refused) {
    Metadata trailers = refused.getTrailers();
    byte[] details = trailers == null ? null : trailers.get(DETAILS);
    return new Refused(
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
