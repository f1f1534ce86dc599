package dev.tenon.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Plugin;
import dev.tenon.core.PluginContext;
import dev.tenon.host.PluginHost;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A plugin whose TCP connections to its host are slow, cut, or silent. */
@Timeout(180)
final class FaultyNetworkTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final CompletableFuture<PluginContext> context = new CompletableFuture<>();
  private Path folder;
  private ProxiedRuntime runtime;
  private PluginHost host;

  /** The host's service: answers once, and with {@code hang} never ends. */
  private static final class Answers extends EchoGrpc.EchoImplBase {
    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      response.onNext(EchoResponse.newBuilder().setPayload(request.getPayload()).build());
      response.onCompleted();
    }

    @Override
    public void serverStream(EchoRequest request, StreamObserver<EchoResponse> response) {
      response.onNext(EchoResponse.getDefaultInstance());
    }
  }

  @BeforeEach
  void start() throws Exception {
    Plugin plugin =
        Plugin.named("far")
            .version("1.0.0")
            .requires(EchoGrpc.SERVICE_NAME, ">=1.0.0")
            .provides(
                OtherGrpc.SERVICE_NAME,
                made -> {
                  context.complete(made);
                  return new KitPlugin.Capitals();
                })
            .build();
    folder = Files.createTempDirectory(Path.of("/tmp"), "tnf");
    runtime = new ProxiedRuntime(plugin);
    host =
        PluginHost.builder()
            .required("*")
            .state(folder.resolve("state"))
            .run(folder.resolve("run"))
            .controlListen("tcp:127.0.0.1:0")
            .dataListen("tcp:127.0.0.1:0")
            .startLimits(PATIENCE, PATIENCE)
            .policy(Policy.parse(new DeclaredPolicy(plugin).toml()))
            .offers(EchoGrpc.SERVICE_NAME, new Answers())
            .plugin(new PluginDefinition(plugin.name(), plugin.version(), runtime))
            .start();
  }

  @AfterEach
  void stop() throws Exception {
    runtime.control().heal();
    host.close();
    runtime.close();
    TemporaryFolder.delete(folder);
  }

  @Test
  void data_delayed_callsTakeLongerAndAreAnswered() {
    runtime.data().delay(Duration.ofMillis(150));
    long begin = System.nanoTime();

    assertThat(echo("slow")).isEqualTo("slow");

    assertThat(Duration.ofNanos(System.nanoTime() - begin))
        .isGreaterThanOrEqualTo(Duration.ofMillis(300));
  }

  @Test
  void data_throttled_largeMessageArrives() {
    runtime.data().throttle(200_000);

    assertThat(echo("x".repeat(50_000))).hasSize(50_000);
  }

  /** A stream that is open ends with UNAVAILABLE; the next call finds a new connection. */
  @Test
  void data_cutInMidStream_unavailableAndThenWellAgain() {
    Iterator<EchoResponse> stream =
        context
            .join()
            .client(EchoGrpc::newBlockingStub)
            .serverStream(EchoRequest.getDefaultInstance());
    assertThat(stream.next()).isNotNull();

    runtime.data().cut();

    assertThatThrownBy(stream::hasNext)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
    await().atMost(PATIENCE).ignoreExceptions().until(() -> echo("again").equals("again"));
    assertThat(runtime.data().accepted()).isEqualTo(2);
  }

  /** What was registered is registered again, without a restart. Row: RG-9 */
  @Test
  void control_cut_registersAgainWithoutARestart() {
    assertThat(other()).isEqualTo("A");
    var run = host.plugins().get(0).runtimeId();

    runtime.control().cut();

    await().atMost(PATIENCE).until(() -> runtime.control().accepted() >= 2);
    await().atMost(PATIENCE).ignoreExceptions().until(() -> other().equals("A"));
    assertThat(host.plugins().get(0).runtimeId()).isEqualTo(run);
  }

  /** A connection that is open and silent is found dead in bounded time, and made again. */
  @Test
  void control_halfOpen_isNoticedAndMadeAgain() {
    assertThat(other()).isEqualTo("A");
    assertThat(runtime.control().accepted()).isEqualTo(1);

    runtime.control().halfOpen();
    await().atMost(PATIENCE).until(() -> runtime.control().accepted() >= 2);
    runtime.control().heal();

    await().atMost(PATIENCE).ignoreExceptions().until(() -> other().equals("A"));
  }

  private String echo(String text) {
    return context
        .join()
        .client(EchoGrpc::newBlockingStub)
        .unary(EchoRequest.newBuilder().setPayload(ByteString.copyFromUtf8(text)).build())
        .getPayload()
        .toStringUtf8();
  }

  private String other() {
    return host.client(OtherGrpc::newBlockingStub)
        .unary(EchoRequest.newBuilder().setPayload(ByteString.copyFromUtf8("a")).build())
        .getPayload()
        .toStringUtf8();
  }
}
