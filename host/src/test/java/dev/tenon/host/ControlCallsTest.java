package dev.tenon.host;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.tenon.core.Identity;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.host.control.ControlCalls;
import dev.tenon.host.control.Order;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.router.Admission;
import dev.tenon.v1.EnrolRequest;
import dev.tenon.v1.EnrolResponse;
import dev.tenon.v1.EnrolmentGrpc;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Open control calls, whose runs end under them. Row: TK-7. */
class ControlCallsTest {
  private ControlPlane plane;
  private ControlCalls calls;
  private RawRuntime.Run alpha;
  private RawRuntime.Run beta;

  @BeforeEach
  void launch() throws Exception {
    plane = new ControlPlane(ServiceRegistry.inMemory());
    calls = new ControlCalls(plane.runs);
    alpha = plane.launch("alpha");
    beta = plane.launch("beta");
  }

  @AfterEach
  void close() {
    plane.close();
  }

  private static RuntimeId id(RawRuntime.Run run) {
    return run.plugin.bootstrap.runtimeId();
  }

  private Call call(RuntimeId caller) {
    return call(new SpiffeId.OfPlugin(alpha.plugin.bootstrap.hostId(), caller));
  }

  private Call call(SpiffeId caller) {
    Call call = new Call();
    Context.current()
        .withValue(Admission.CALLER, new Identity(caller, Identity.Evidence.SVID))
        .run(
            () ->
                call.listener =
                    calls.interceptCall(call, new Metadata(), (admitted, headers) -> call.handler));
    return call;
  }

  /** For its handler, a call that was ended under it was cancelled. */
  @Test
  void end_callsOfTwoRuns_onlyThoseOfTheOneEnd() {
    Call ending = call(id(alpha));
    Call other = call(id(beta));

    calls.end(id(alpha));

    assertThat(ending.told).containsExactly("UNAUTHENTICATED");
    assertThat(other.told).isEmpty();
    ending.listener().onComplete();
    other.listener().onComplete();
    assertThat(ending.seen).containsExactly("cancelled");
    assertThat(other.seen).containsExactly("complete");
  }

  @Test
  void call_ofARunThatHasEnded_endsAtOnce() {
    plane.runs.revoke(id(alpha), Order.ofProgram("a test"));

    assertThat(call(id(alpha)).told).containsExactly("UNAUTHENTICATED");
    assertThat(call(id(beta)).told).isEmpty();
  }

  @Test
  void call_ofARunThatNobodyKnows_endsAtOnce() {
    assertThat(call(new RuntimeId("nobody-0123456789abcdef")).told)
        .containsExactly("UNAUTHENTICATED");
  }

  /** A call that is over is not ended again, and not kept. */
  @Test
  void end_callsAreOver_untouched() {
    Call complete = call(id(alpha));
    Call cancelled = call(id(alpha));
    complete.listener().onComplete();
    cancelled.listener().onCancel();

    calls.end(id(alpha));

    assertThat(complete.told).isEmpty();
    assertThat(cancelled.told).isEmpty();
    assertThat(cancelled.seen).containsExactly("cancelled");
  }

  /** Behind the admission of plugins there is nobody else; if there were, nothing is served. */
  @Test
  void call_ofSomebodyElse_misuse() {
    assertThatIllegalStateException()
        .isThrownBy(() -> call(alpha.plugin.bootstrap.hostId()))
        .withMessageContaining("(expected: a plugin)");
  }

  /** A call, what its peer was told, and what its handler saw. */
  private static final class Call extends ServerCall<EnrolRequest, EnrolResponse> {
    final List<String> told = new ArrayList<>();
    final List<String> seen = new ArrayList<>();
    final Listener<EnrolRequest> handler =
        new Listener<>() {
          @Override
          public void onComplete() {
            seen.add("complete");
          }

          @Override
          public void onCancel() {
            seen.add("cancelled");
          }
        };
    @Nullable Listener<EnrolRequest> listener;

    Listener<EnrolRequest> listener() {
      return requireNonNull(listener);
    }

    @Override
    public void request(int messages) {}

    @Override
    public void sendHeaders(Metadata headers) {}

    @Override
    public void sendMessage(EnrolResponse message) {}

    @Override
    public void close(Status status, Metadata trailers) {
      told.add(status.getCode().name());
    }

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public MethodDescriptor<EnrolRequest, EnrolResponse> getMethodDescriptor() {
      return EnrolmentGrpc.getEnrolMethod();
    }
  }
}
