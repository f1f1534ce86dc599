package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.tenon.core.Plugin;
import dev.tenon.core.PluginContext;
import dev.tenon.host.PluginHost;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.host.launch.RestartMode;
import dev.tenon.host.launch.StartMode;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A plugin that takes and sends shorter messages than its host allows: nothing longer gets to it or
 * comes from it, whoever the other end is. By the SDK over mTLS.
 *
 * <p>Row: HS-16
 */
class AgreedLimitTest {
  private static final int MIB = 1 << 20;

  private TestHome home;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
    home.provides("echo", EchoGrpc.SERVICE_NAME);
  }

  @AfterEach
  void closeHome() throws IOException {
    home.close();
  }

  /** Answers with {@code times} as much as it was sent, and counts. */
  private static final class Echo extends EchoGrpc.EchoImplBase {
    private final int times;
    private final AtomicInteger handled = new AtomicInteger();

    Echo(int times) {
      this.times = times;
    }

    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      handled.incrementAndGet();
      response.onNext(
          EchoResponse.newBuilder()
              .setPayload(ByteString.copyFrom(new byte[request.getPayload().size() * times]))
              .build());
      response.onCompleted();
    }
  }

  private static Plugin.Builder provider(Echo echo) {
    return Plugin.named("echo").version("1.0.0").provides(EchoGrpc.SERVICE_NAME, context -> echo);
  }

  private static int answered(EchoGrpc.EchoBlockingStub stub, int bytes) {
    return stub.unary(
            EchoRequest.newBuilder().setPayload(ByteString.copyFrom(new byte[bytes])).build())
        .getPayload()
        .size();
  }

  private static void assertExhausted(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(StatusRuntimeException.class)
        .extracting(e -> ((StatusRuntimeException) e).getStatus().getCode())
        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
  }

  /**
   * What is longer than its provider asked for does not reach it, nor what it answers its caller.
   */
  @Test
  void call_toProviderThatAskedForLess_isHeldToIt() throws Exception {
    Echo echo = new Echo(3);
    PluginDefinition plugin = InJvm.of(provider(echo).maxMessageBytes(MIB).build());
    try (PluginHost host = home.bareHost().plugin(plugin).start()) {
      EchoGrpc.EchoBlockingStub stub = host.client(EchoGrpc::newBlockingStub);

      assertExhausted(() -> answered(stub, 2 * MIB));
      assertThat(echo.handled).as("two MiB").hasValue(0);
      assertExhausted(() -> answered(stub, MIB / 2));
      assertThat(echo.handled).as("its answer was too long").hasValue(1);
      assertThat(answered(stub, MIB / 4)).isEqualTo(3 * (MIB / 4));
    }
  }

  /** The same holds for what a caller sends and gets; its provider, and others, have the host's. */
  @Test
  void call_byCallerThatAskedForLess_isHeldToIt() throws Exception {
    Echo echo = new Echo(3);
    CompletableFuture<PluginContext> asker = new CompletableFuture<>();
    home.provides("asker", OtherGrpc.SERVICE_NAME).calls("asker", EchoGrpc.SERVICE_NAME);
    Plugin calling =
        Plugin.named("asker")
            .version("1.0.0")
            .requires(EchoGrpc.SERVICE_NAME, ">=1.0.0")
            .provides(
                OtherGrpc.SERVICE_NAME,
                context -> {
                  asker.complete(context);
                  return new OtherGrpc.OtherImplBase() {};
                })
            .maxMessageBytes(MIB)
            .build();
    try (PluginHost host =
        home.bareHost()
            .plugin(InJvm.of(provider(echo).build()))
            .plugin(InJvm.of(calling))
            .start()) {
      EchoGrpc.EchoBlockingStub stub =
          asker.get(2, TimeUnit.MINUTES).client(EchoGrpc::newBlockingStub);

      assertExhausted(() -> answered(stub, 2 * MIB));
      assertThat(echo.handled).as("two MiB").hasValue(0);
      assertExhausted(() -> answered(stub, MIB / 2));
      assertThat(echo.handled).as("its answer was too long").hasValue(1);
      assertThat(answered(stub, MIB / 4)).isEqualTo(3 * (MIB / 4));
      assertThat(answered(host.client(EchoGrpc::newBlockingStub), MIB)).isEqualTo(3 * MIB);
    }
  }

  /** What waits for its provider to start is measured when that is known. */
  @Test
  void call_thatStartsItsProvider_isHeldToIt() throws Exception {
    Echo echo = new Echo(1);
    PluginDefinition eager = InJvm.of(provider(echo).maxMessageBytes(MIB).build());
    PluginDefinition lazy =
        new PluginDefinition(
            eager.name(), eager.version(), eager.runtime(), 1, StartMode.LAZY, RestartMode.NEVER);
    try (PluginHost host = home.bareHost().plugin(lazy).start()) {
      EchoGrpc.EchoBlockingStub stub = host.client(EchoGrpc::newBlockingStub);

      assertExhausted(() -> answered(stub, 2 * MIB));
      assertThat(echo.handled).hasValue(0);
      assertThat(answered(stub, MIB / 2)).isEqualTo(MIB / 2);
    }
  }

  /** Nobody gets more than the host allows. */
  @Test
  void call_providerAskedForMore_hasWhatTheHostSays() throws Exception {
    Echo echo = new Echo(1);
    PluginDefinition plugin = InJvm.of(provider(echo).maxMessageBytes(8 * MIB).build());
    try (PluginHost host = home.bareHost().plugin(plugin).start()) {
      EchoGrpc.EchoBlockingStub stub = host.client(EchoGrpc::newBlockingStub);

      assertThat(answered(stub, 3 * MIB)).isEqualTo(3 * MIB);
      assertExhausted(() -> answered(stub, 5 * MIB));
    }
  }

  /** A plugin inside the host lives by the same rule. */
  @Test
  void call_toPluginInsideTheHost_isHeldToIt() throws Exception {
    Echo echo = new Echo(3);
    try (PluginHost host =
        home.bareHost().plugin(provider(echo).maxMessageBytes(MIB).build()).start()) {
      EchoGrpc.EchoBlockingStub stub = host.client(EchoGrpc::newBlockingStub);

      assertExhausted(() -> answered(stub, 2 * MIB));
      assertThat(echo.handled).hasValue(0);
      assertExhausted(() -> answered(stub, MIB / 2));
      assertThat(answered(stub, MIB / 4)).isEqualTo(3 * (MIB / 4));
    }
  }

  @Test
  void maxMessageBytes_tooLittle_isRefused() {
    assertThatThrownBy(() -> Plugin.named("echo").maxMessageBytes(1023))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxMessageBytes: 1023 (expected: at least 1024)");
  }
}
