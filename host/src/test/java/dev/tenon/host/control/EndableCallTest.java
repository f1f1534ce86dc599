package dev.tenon.host.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.transport.EndableCall;
import dev.tenon.v1.EnrolRequest;
import dev.tenon.v1.EnrolResponse;
import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Host and handler both end a call: the first wins, and nothing follows its end. */
class EndableCallTest {
  private final FakeCall call = new FakeCall(Attributes.EMPTY);
  private final EndableCall<EnrolRequest, EnrolResponse> guarded = new EndableCall<>(call);

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

  /** To its handler it is a call that was cancelled; one that ended by itself is complete. */
  @Test
  void complete_afterItWasEndedUnder_isCancelledForTheHandler() {
    List<String> heard = new ArrayList<>();
    ServerCall.Listener<EnrolRequest> handler =
        new ServerCall.Listener<>() {
          @Override
          public void onCancel() {
            heard.add("cancelled");
          }

          @Override
          public void onComplete() {
            heard.add("complete");
          }
        };
    ServerCall.Listener<EnrolRequest> listener = guarded.listener(handler, () -> heard.add("gone"));

    listener.onComplete();
    guarded.endUnder(RefusalStatus.of(Refusal.NOT_AUTHENTICATED));
    listener.onComplete();

    assertThat(heard).containsExactly("gone", "complete", "gone", "cancelled");
    assertThat(call.told).containsExactly("UNAUTHENTICATED");
  }
}
