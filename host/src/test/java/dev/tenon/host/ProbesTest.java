package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a host says to probes from its start to its end. */
class ProbesTest {
  private static final String ANY_PORT = "tcp:127.0.0.1:0";
  private static final String STARTING = "200 ok, 503 not ready";
  private static final String RUNNING = "200 ok, 200 ready";

  private final Told told = new Told();

  /** The port, which the host logs before anything else of it is there. */
  private static final class Told extends Handler {
    private final CompletableFuture<String> address = new CompletableFuture<>();

    @Override
    public void publish(LogRecord line) {
      if (line.getMessage().startsWith("probes ")) {
        address.complete(String.valueOf(line.getParameters()[0]));
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @BeforeEach
  void listen() {
    Logger.getLogger(PluginHost.class.getName()).addHandler(told);
  }

  @AfterEach
  void listenNoMore() {
    Logger.getLogger(PluginHost.class.getName()).removeHandler(told);
  }

  /** Returns what both say. */
  private String asked() throws Exception {
    String http = told.address.get(60, TimeUnit.SECONDS).replace("tcp:", "http://");
    return ask(http + "/healthz") + ", " + ask(http + "/readyz");
  }

  private static String ask(String uri) throws Exception {
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create(uri)).timeout(Duration.ofMinutes(1)).build(),
                BodyHandlers.ofString());
    return answer.statusCode() + " " + answer.body();
  }

  /** Lives from the first moment to the last, is ready in between, and then gone. Row: LC-4 */
  @Test
  void probes_startToEnd_sayHowTheHostIs() throws Exception {
    CompletableFuture<String> inStart = new CompletableFuture<>();
    CompletableFuture<String> inEnd = new CompletableFuture<>();
    TestHost test =
        TestHost.with("")
            .set(host -> host.probes(ANY_PORT))
            .scripted(
                "alpha",
                RawRuntime.Tree.NONE,
                plugin -> {
                  plugin.enrol();
                  inStart.complete(asked());
                  plugin.healthy();
                });
    try (test) {
      test.start();
      assertThat(inStart.get(60, TimeUnit.SECONDS)).isEqualTo(STARTING);
      assertThat(asked()).isEqualTo(RUNNING);
      assertThat(test.host().probes()).contains(told.address.join());
      test.hooked()
          .once(
              "stop",
              () -> {
                try {
                  inEnd.complete(asked());
                } catch (Exception e) {
                  inEnd.completeExceptionally(e);
                }
              });
    }
    assertThat(inEnd.get(60, TimeUnit.SECONDS)).isEqualTo(STARTING);
    assertThatThrownBy(this::asked).isInstanceOf(ConnectException.class);
  }

  /** A start that fails gives the port back too. */
  @Test
  void start_fails_leavesNoProbes() throws Exception {
    try (TestHost test =
        TestHost.with("")
            .set(
                host ->
                    host.probes(ANY_PORT).startLimits(Duration.ofMillis(10), Duration.ofMillis(10)))
            .silent("alpha")
            .begin()) {
      assertThat(test.startFailure()).isInstanceOf(HostStartException.class);
      assertThatThrownBy(this::asked).isInstanceOf(ConnectException.class);
    }
  }

  @Test
  void start_portThatIsTaken_failsAndNamesIt() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        TestHost test =
            TestHost.with("")
                .set(host -> host.probes("tcp:127.0.0.1:" + taken.getLocalPort()))
                .begin()) {
      assertThat(test.startFailure())
          .isInstanceOf(HostStartException.class)
          .hasMessageContaining("probes: tcp:127.0.0.1:" + taken.getLocalPort());
    }
  }

  @Test
  void probes_notAskedFor_areNowhere() throws Exception {
    try (TestHost test = TestHost.with("").start()) {
      assertThat(test.host().probes()).isEqualTo(Optional.empty());
      assertThat(told.address).isNotDone();
    }
  }
}
