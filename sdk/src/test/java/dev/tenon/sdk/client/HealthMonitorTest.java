package dev.tenon.sdk.client;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.ServiceState;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a client is told of its server's health. Row: CI-13. */
final class HealthMonitorTest {
  private static final String CHECK = HealthGrpc.getCheckMethod().getFullMethodName();

  private final OutsideServer server = OutsideServer.start("one");
  private final List<ServiceState> told = new CopyOnWriteArrayList<>();
  private final ManualPulse pulse = new ManualPulse();

  @AfterEach
  void stop() {
    server.close();
  }

  /** Repeats when it is told to. */
  private static final class ManualPulse implements HealthMonitor.Pulse {
    private @Nullable Duration pause;
    private @Nullable Runnable task;
    private boolean isEnded;

    @Override
    public Runnable every(Duration pause, Runnable task) {
      this.pause = pause;
      this.task = task;
      return () -> isEnded = true;
    }

    void beat() {
      requireNonNull(task, "task").run();
    }
  }

  private ServiceClient.Builder client() {
    return ServiceClient.discovered(
            "payments", Discovery.fixed(Map.of("payments", List.of(server.endpoint()))))
        .serverName(OutsideServer.NAME)
        .tls(OutsideServer.trust().build());
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("tenon-health-"))
        .toList();
  }

  private long checks() {
    return server.seen.stream().filter(call -> call.method().equals(CHECK)).count();
  }

  /** Each change is told once; asked every 30 s, for 5 s at most. Row: CI-13 */
  @Test
  void monitor_healthFlips_toldOncePerChange() {
    ServiceClient client = client().monitor("", told::add).pulse(pulse).open();
    try (client) {
      pulse.beat();
      pulse.beat();
      assertThat(told).containsExactly(ServiceState.AVAILABLE);

      server.health.setStatus("", ServingStatus.NOT_SERVING);
      pulse.beat();
      pulse.beat();
      assertThat(told).containsExactly(ServiceState.AVAILABLE, ServiceState.UNAVAILABLE);

      server.health.setStatus("", ServingStatus.SERVING);
      pulse.beat();
      pulse.beat();
      assertThat(told)
          .containsExactly(
              ServiceState.AVAILABLE, ServiceState.UNAVAILABLE, ServiceState.AVAILABLE);
      assertThat(checks()).isEqualTo(6);
    }

    assertThat(pulse.pause).isEqualTo(Duration.ofSeconds(30));
    assertThat(pulse.isEnded).isTrue();
    assertThat(server.seen)
        .allSatisfy(
            call ->
                assertThat(
                        requireNonNull(call.deadline(), "deadline")
                            .timeRemaining(TimeUnit.MILLISECONDS))
                    .isLessThanOrEqualTo(5_000));
  }

  /** A server that is gone, and one that has never heard of the service. Row: CI-13 */
  @Test
  void monitor_noAnswer_unavailable() {
    try (ServiceClient client = client().monitor("acme.v1.Other", told::add).pulse(pulse).open()) {
      pulse.beat();
      assertThat(told).containsExactly(ServiceState.UNAVAILABLE);

      server.health.setStatus("acme.v1.Other", ServingStatus.SERVING);
      pulse.beat();
      server.close();
      pulse.beat();

      assertThat(told)
          .containsExactly(
              ServiceState.UNAVAILABLE, ServiceState.AVAILABLE, ServiceState.UNAVAILABLE);
      assertThat(client).isNotNull();
    }
  }

  /** Who throws is told the next change as well. */
  @Test
  void monitor_toldThrows_goesOn() {
    try (ServiceClient client =
        client()
            .monitor(
                "",
                state -> {
                  told.add(state);
                  throw new IllegalStateException("listener");
                })
            .pulse(pulse)
            .open()) {
      List<Throwable> thrown = new CopyOnWriteArrayList<>();
      Thread beats =
          new Thread(
              () -> {
                pulse.beat();
                server.health.setStatus("", ServingStatus.NOT_SERVING);
                pulse.beat();
              });
      beats.setUncaughtExceptionHandler((thread, e) -> thrown.add(e));
      beats.start();

      await().atMost(Duration.ofSeconds(60)).until(() -> told.size() == 2 && thrown.size() == 2);
      assertThat(client).isNotNull();
    }
  }

  /** One thread while it is asked for, and none before or after. Row: CI-13 */
  @Test
  void monitor_onItsThread_thereUntilClosed() {
    try (ServiceClient client = client().monitor("", told::add).open()) {
      await().atMost(Duration.ofSeconds(60)).until(() -> told.contains(ServiceState.AVAILABLE));
      assertThat(threads()).containsExactly("tenon-health-payments");
      assertThat(client).isNotNull();
    }
    await().atMost(Duration.ofSeconds(60)).until(() -> threads().isEmpty());
  }

  /** Off without being asked for: no thread, and no call but the client's own. Row: CI-13 */
  @Test
  void open_noMonitor_neitherThreadNorCall() {
    try (ServiceClient client = client().open()) {
      var unused = client.client(EchoGrpc::newBlockingStub).unary(EchoRequest.getDefaultInstance());

      assertThat(threads()).isEmpty();
      assertThat(server.seen)
          .extracting(OutsideServer.Seen::method)
          .containsExactly(EchoGrpc.getUnaryMethod().getFullMethodName());
    }
  }
}
