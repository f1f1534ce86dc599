package dev.tenon.core;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.ErrorInfo;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the peer of a refused request gets: a code, a text, a reason, and nothing else. */
class RefusalStatusTest {
  private static final Map<Refusal, Status.Code> CODES =
      Map.ofEntries(
          Map.entry(Refusal.NOT_AUTHENTICATED, Status.Code.UNAUTHENTICATED),
          Map.entry(Refusal.GRANT_NOT_ACCEPTED, Status.Code.UNAUTHENTICATED),
          Map.entry(Refusal.VERSION_NOT_OFFERED, Status.Code.FAILED_PRECONDITION),
          Map.entry(Refusal.REQUIREMENT_MISSING, Status.Code.FAILED_PRECONDITION),
          Map.entry(Refusal.NOT_ALLOWED, Status.Code.PERMISSION_DENIED),
          Map.entry(Refusal.INVALID_REQUEST, Status.Code.INVALID_ARGUMENT),
          Map.entry(Refusal.TOKEN_SPENT, Status.Code.ABORTED),
          Map.entry(Refusal.PROTOCOL_UNSUPPORTED, Status.Code.FAILED_PRECONDITION),
          Map.entry(Refusal.CHANGE_FAILED, Status.Code.FAILED_PRECONDITION),
          Map.entry(Refusal.OUT_OF_REACH, Status.Code.FAILED_PRECONDITION),
          Map.entry(Refusal.SERVICE_TAKEN, Status.Code.ALREADY_EXISTS),
          Map.entry(Refusal.NOT_FOUND, Status.Code.NOT_FOUND),
          Map.entry(Refusal.LIMIT_REACHED, Status.Code.RESOURCE_EXHAUSTED),
          Map.entry(Refusal.RATE_LIMITED, Status.Code.RESOURCE_EXHAUSTED),
          Map.entry(Refusal.NOT_PROVIDED, Status.Code.UNIMPLEMENTED),
          Map.entry(Refusal.UNAVAILABLE, Status.Code.UNAVAILABLE),
          Map.entry(Refusal.INTERNAL, Status.Code.INTERNAL));

  private static final class Refused extends RefusedException {
    private static final long serialVersionUID = 1;

    Refused(Refusal refusal) {
      super(refusal, "inner secret", new IllegalStateException("cause secret"));
    }
  }

  private static ErrorInfo info(StatusRuntimeException status) throws Exception {
    var proto = StatusProto.fromThrowable(status);
    assertThat(proto).isNotNull();
    assertThat(proto.getDetailsList()).hasSize(1);
    return proto.getDetails(0).unpack(ErrorInfo.class);
  }

  @ParameterizedTest
  @EnumSource
  void of_eachRefusal_codeTextAndReason(Refusal refusal) throws Exception {
    StatusRuntimeException status = RefusalStatus.of(refusal);

    assertThat(status.getStatus().getCode()).isEqualTo(CODES.get(refusal));
    assertThat(status.getStatus().getDescription()).isEqualTo(refusal.text());
    assertThat(info(status))
        .isEqualTo(ErrorInfo.newBuilder().setReason(refusal.name()).setDomain("tenon.dev").build());
  }

  @ParameterizedTest
  @EnumSource
  void of_exception_messageAndCauseStayInside(Refusal refusal) {
    StatusRuntimeException status = RefusalStatus.of(new Refused(refusal));

    StringWriter everything = new StringWriter();
    status.printStackTrace(new PrintWriter(everything));
    assertThat(everything + String.valueOf(status.getTrailers())).doesNotContain("secret");
    assertThat(status.getStatus().getDescription()).isEqualTo(refusal.text());
  }

  @Test
  void of_invalidRequest_textNamesTheField() throws Exception {
    StatusRuntimeException status =
        RefusalStatus.of(new InvalidRequestException("version: \"1\" (expected: 1.0.0)"));

    assertThat(status.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getStatus().getDescription()).isEqualTo("version: \"1\" (expected: 1.0.0)");
    assertThat(info(status).getReason()).isEqualTo("INVALID_REQUEST");
  }

  /** The host's own refusals are told from what providers answer in the same words. */
  @ParameterizedTest
  @EnumSource
  void ofHost_eachRefusal_read(Refusal refusal) {
    StatusRuntimeException status = RefusalStatus.of(refusal);

    assertThat(RefusalStatus.ofHost(status.getStatus(), requireNonNull(status.getTrailers())))
        .contains(refusal);
  }

  /** The same code and details without the host's mark are a provider's. */
  @Test
  void ofHost_withoutMark_empty() {
    StatusRuntimeException status = RefusalStatus.of(Refusal.NOT_AUTHENTICATED);
    Metadata trailers = requireNonNull(status.getTrailers());
    trailers.discardAll(Metadata.Key.of("tenon-refused", Metadata.ASCII_STRING_MARSHALLER));

    assertThat(RefusalStatus.ofHost(status.getStatus(), trailers)).isEmpty();
  }

  /** Details that are no message do no harm: they are not read. */
  @Test
  void ofHost_brokenDetails_empty() {
    Metadata trailers = new Metadata();
    trailers.put(
        Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER),
        new byte[] {-1, 0});

    assertThat(RefusalStatus.ofHost(Status.UNAUTHENTICATED, trailers)).isEmpty();
  }

  /** A mark that does not go with the code is none. */
  @Test
  void ofHost_markOfAnotherCode_empty() {
    StatusRuntimeException status = RefusalStatus.of(Refusal.NOT_FOUND);

    assertThat(RefusalStatus.ofHost(Status.UNAUTHENTICATED, requireNonNull(status.getTrailers())))
        .isEmpty();
  }
}
