package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.tenon.core.Plugin;
import dev.tenon.core.PluginName;
import dev.tenon.core.PluginState;
import dev.tenon.core.Reason;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.PluginHost;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A plugin whose dependency goes away and comes back: the host tells, the plugin decides. */
class DependencyAwayTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final PluginName NOTES = new PluginName(BufferingPlugin.NAME);
  private static final PluginName BOARD = new PluginName("board");

  private final List<String> passedOn = new CopyOnWriteArrayList<>();
  private TestHome home;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
    home.provides("board", OtherGrpc.SERVICE_NAME);
    home.provides(BufferingPlugin.NAME, EchoGrpc.SERVICE_NAME);
    home.calls(BufferingPlugin.NAME, OtherGrpc.SERVICE_NAME);
  }

  @AfterEach
  void closeHome() throws IOException {
    home.close();
  }

  private Plugin board() {
    return Plugin.named("board")
        .version("1.0.0")
        .provides(OtherGrpc.SERVICE_NAME, context -> new Board())
        .build();
  }

  /** Row: DG-8. */
  @Test
  void process_dependencyAway_buffersThenFlushes() throws Exception {
    home.program(BufferingPlugin.NAME, BufferingPlugin.class);
    assertBuffers(home.host());
  }

  /** Row: DG-8, LC-26. */
  @Test
  void insideTheHost_dependencyAway_buffersThenFlushes() throws Exception {
    assertBuffers(home.bareHost().plugin(BufferingPlugin.plugin()));
  }

  private void assertBuffers(HostBuilder builder) throws Exception {
    try (PluginHost host = builder.plugin(board()).start()) {
      assertThat(note(host, "one")).isEqualTo("kept 0");
      assertThat(passedOn).containsExactly("one");

      assertThat(host.remove(BOARD)).containsExactly(NOTES);

      awaitState(host, new PluginState.Degraded(new Reason(BufferingPlugin.KEEPS)));
      assertThat(note(host, "two")).isEqualTo("kept 1");
      assertThat(note(host, "three")).isEqualTo("kept 2");
      assertThat(note(host, "four")).isEqualTo("kept 3");
      awaitState(host, new PluginState.Unhealthy(new Reason(BufferingPlugin.FULL)));
      assertThat(passedOn).containsExactly("one");

      host.add(board());

      awaitState(host, new PluginState.Healthy());
      assertThat(passedOn).containsExactly("one", "two", "three", "four");
      assertThat(note(host, "five")).isEqualTo("kept 0");
    }
  }

  private static String note(PluginHost host, String text) {
    return host.client(EchoGrpc::newBlockingStub)
        .unary(EchoRequest.newBuilder().setPayload(ByteString.copyFromUtf8(text)).build())
        .getPayload()
        .toStringUtf8();
  }

  private static void awaitState(PluginHost host, PluginState state) {
    await().atMost(LONG).untilAsserted(() -> assertThat(host.states(NOTES)).containsExactly(state));
  }

  /** Where notes end up. */
  private final class Board extends OtherGrpc.OtherImplBase {
    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      passedOn.add(request.getPayload().toStringUtf8());
      response.onNext(EchoResponse.getDefaultInstance());
      response.onCompleted();
    }
  }
}
