package dev.tenon.host.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.v1.EnrolRequest;
import dev.tenon.v1.EnrolResponse;
import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.Status;
import org.junit.jupiter.api.Test;

/** Host and handler both end a call: the first wins, and nothing follows its end. */
class GuardedCallTest {
  private final FakeCall call = new FakeCall(Attributes.EMPTY);
  private final GuardedCall<EnrolRequest, EnrolResponse> guarded = new GuardedCall<>(call);

  @Test
  void close_thenAnswered_onlyTheEndIsSent() {
    guarded.close(Status.UNAUTHENTICATED, new Metadata());
    guarded.sendHeaders(new Metadata());
    guarded.sendMessage(EnrolResponse.getDefaultInstance());
    guarded.close(Status.OK, new Metadata());

    assertThat(call.told).containsExactly("UNAUTHENTICATED");
  }

  @Test
  void close_afterTheAnswer_isTheHandlers() {
    guarded.sendHeaders(new Metadata());
    guarded.sendMessage(EnrolResponse.getDefaultInstance());
    guarded.close(Status.OK, new Metadata());
    guarded.close(Status.UNAUTHENTICATED, new Metadata());

    assertThat(call.told).containsExactly("headers", "message", "OK");
  }
}
