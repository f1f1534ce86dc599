package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoGrpc.EchoBlockingStub;
import dev.tenon.testservice.v1.EchoRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The life of what a host's own code calls plugins by. */
class ClientLifeTest {
  private static final String POLICY =
      """
      [[provide]]
      plugin = "late"
      services = ["testservice.v1.Echo"]

      [[rule]]
      id = "own"
      effect = "allow"
      caller = "host"
      service = "testservice.v1.Echo"
      """;

  private static Status refusal(EchoBlockingStub stub) {
    return Objects.requireNonNull(
            catchThrowableOfType(
                StatusRuntimeException.class, () -> stub.unary(EchoRequest.getDefaultInstance())))
        .getStatus();
  }

  /**
   * A client is there before there is a provider, connects with its first call, and ends with its
   * host, which may be closed twice: then its calls end UNAVAILABLE at once. Row: CI-10.
   */
  @Test
  void client_beforeItsProviderAndAfterItsHost_definedErrors() throws Exception {
    try (TestHost host = TestHost.with(POLICY).enrolled("late", NamedEcho.SERVICE).start()) {
      EchoBlockingStub stub = host.host().client(EchoGrpc::newBlockingStub);
      assertThat(refusal(stub).getCode()).isEqualTo(Status.Code.UNAVAILABLE);

      RawPlugin late = host.plugin("late");
      late.serve(new NamedEcho("late"));
      late.register(NamedEcho.SERVICE);
      late.healthy();
      assertThat(
              RawPlugin.deadline(stub)
                  .unary(EchoRequest.getDefaultInstance())
                  .getPayload()
                  .toStringUtf8())
          .isEqualTo("late");

      host.host().close();
      host.host().close();

      assertThat(refusal(stub).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(refusal(stub).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }
  }
}
