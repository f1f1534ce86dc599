package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Refusal;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A plugin that asks for what only an administrator may. */
class AdminRefusalTest {
  private static Refused call(Channel channel, String method) {
    return Refused.by(
        () -> {
          var unused =
              ClientCalls.blockingUnaryCall(
                  channel,
                  EchoGrpc.getUnaryMethod().toBuilder().setFullMethodName(method).build(),
                  CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS),
                  EchoRequest.getDefaultInstance());
        });
  }

  /** Row: PL-10 */
  @ParameterizedTest
  @ValueSource(
      strings = {"AddPlugin", "RemovePlugin", "ReplacePlugin", "Revoke", "List", "NoSuchMethod"})
  void call_adminMethodByPlugin_notAllowedAndOnRecord(String method) throws Exception {
    try (TestHost host = TestHost.with("").enrolled("alpha").start()) {
      RawPlugin alpha = host.plugin("alpha");
      String name = "tenon.v1.Admin/" + method;

      assertThat(call(alpha.control(alpha.bearer()), name).is(Refusal.NOT_ALLOWED)).isTrue();

      assertThat(call(alpha.control(), name).is(Refusal.NOT_AUTHENTICATED)).isTrue();
      assertThat(host.audit.entries())
          .filteredOn(entry -> entry.isDenied("admin"))
          .singleElement()
          .matches(entry -> entry.actor().equals(alpha.runtimeId()))
          .matches(entry -> entry.resource().equals("/" + name));
    }
  }

  /** What is no method of anything stays that. */
  @Test
  void call_unknownMethod_unimplemented() throws Exception {
    try (TestHost host = TestHost.with("").enrolled("alpha").start()) {
      RawPlugin alpha = host.plugin("alpha");
      assertThat(call(alpha.control(alpha.bearer()), "tenon.v1.Registry/NoSuchMethod").code())
          .isEqualTo(Status.Code.UNIMPLEMENTED);
    }
  }
}
