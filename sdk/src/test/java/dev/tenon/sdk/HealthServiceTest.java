package dev.tenon.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.Health;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.transport.Credentials;
import dev.tenon.v1.DrainRequest;
import dev.tenon.v1.PluginControlGrpc;
import dev.tenon.v1.ReportHealthRequest;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A plugin's health, as its author reports it and as the host sees it. */
@Timeout(180)
final class HealthServiceTest {
  @TempDir Path folder;
  private final CallingPlugin calling = new CallingPlugin();
  private FakeHost host;
  private RunningPlugin running;

  @BeforeEach
  void startPlugin() throws Exception {
    host = FakeHost.start(folder);
    running = RunningPlugin.start(calling.plugin(), host.bootstrap("echo"), TestSettings.QUICK);
  }

  @AfterEach
  void stop() {
    running.close();
    host.close();
  }

  /** The standard client: the empty name is the plugin as a whole. Row: LC-3 */
  @Test
  void check_runningPlugin_servesAsAWholeAndEachService() {
    assertThat(check("")).isEqualTo(ServingStatus.SERVING);
    assertThat(check(EchoGrpc.SERVICE_NAME)).isEqualTo(ServingStatus.SERVING);
  }

  /** Asking about a name that is none of the plugin's ends with NOT_FOUND. Row: LC-3 */
  @Test
  void check_unknownService_notFound() {
    assertThatThrownBy(() -> check("acme.Unknown"))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
  }

  /** Watching one stays open and tells that it is unknown. Row: LC-3 */
  @Test
  void watch_unknownService_staysOpenWithServiceUnknown() {
    Watcher watcher = watch("acme.Unknown");

    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> watcher.seen.equals(List.of("SERVICE_UNKNOWN")));
    report(Health.UNHEALTHY, "");
    await().atMost(Duration.ofSeconds(60)).until(() -> check("") == ServingStatus.NOT_SERVING);
    assertThat(watcher.seen).containsExactly("SERVICE_UNKNOWN");
  }

  /** Whoever watches sees each change once, and no change twice. Row: LC-3 */
  @Test
  void watch_reports_changesWithoutDuplicates() {
    Watcher watcher = watch(EchoGrpc.SERVICE_NAME);
    await().atMost(Duration.ofSeconds(60)).until(() -> watcher.seen.equals(List.of("SERVING")));

    report(Health.DEGRADED, "the cache is cold");
    report(Health.UNHEALTHY, "the disk is full");
    report(Health.UNHEALTHY, "the disk is still full");
    report(Health.HEALTHY, "");

    await().atMost(Duration.ofSeconds(60)).until(() -> watcher.seen.size() == 3);
    assertThat(watcher.seen).containsExactly("SERVING", "NOT_SERVING", "SERVING");
  }

  /** A plugin that drains serves nothing any more, whatever its author says then. Row: LC-3 */
  @Test
  void drain_thenReport_staysNotServing() {
    Watcher watcher = watch("");
    await().atMost(Duration.ofSeconds(60)).until(() -> watcher.seen.equals(List.of("SERVING")));

    var unused =
        PluginControlGrpc.newBlockingStub(host.toPlugin()).drain(DrainRequest.getDefaultInstance());
    report(Health.HEALTHY, "I am well");

    assertThat(check("")).isEqualTo(ServingStatus.NOT_SERVING);
    assertThat(check(EchoGrpc.SERVICE_NAME)).isEqualTo(ServingStatus.NOT_SERVING);
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> watcher.seen.equals(List.of("SERVING", "NOT_SERVING")));
  }

  /** Another plugin learns nothing: the service is the host's alone. Row: LC-3 */
  @Test
  void check_byAnotherPlugin_refused() {
    Credentials attacker =
        host.trust.plugins().credentials(host.trust.plugin("evil"), host.trust.hosts().bundle());
    Channel attack = host.toPlugin(attacker);

    assertThatThrownBy(
            () -> HealthGrpc.newBlockingStub(attack).check(HealthCheckRequest.getDefaultInstance()))
        .isInstanceOf(StatusRuntimeException.class);
  }

  /** A report reaches the host with its reason, and again after the host had lost it. Row: LC-1 */
  @Test
  void reportHealth_hostLosesIt_lastReportIsMadeAgain() {
    report(Health.UNHEALTHY, "the disk is full");
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(host.answers.health).hasSize(2));
    ReportHealthRequest reported = host.answers.health.get(1);
    assertThat(reported.getHealth()).isEqualTo(dev.tenon.v1.Health.HEALTH_UNHEALTHY);
    assertThat(reported.getReason()).isEqualTo("the disk is full");

    host.dropControl();

    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(host.answers.health).hasSize(3));
    assertThat(host.answers.health.get(2)).isEqualTo(reported);
  }

  /** A lost host is no failure of the plugin, and is told when it is back. */
  @Test
  void reportHealth_hostIsAway_returnsAndIsMadeLater() {
    host.stopControl();

    report(Health.DEGRADED, "alone");
    report(Health.DEGRADED, "all alone");
    host.dropControl();

    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () ->
                assertThat(host.answers.health)
                    .last()
                    .extracting(ReportHealthRequest::getReason)
                    .isEqualTo("all alone"));
  }

  @Test
  void reportHealth_reasonHasControlCharacter_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> report(Health.DEGRADED, "a\nb"))
        .withMessageContaining("control character");
  }

  private void report(Health health, String reason) {
    calling.context().reportHealth(health, reason);
  }

  private ServingStatus check(String service) {
    return HealthGrpc.newBlockingStub(host.toPlugin()).check(request(service)).getStatus();
  }

  private static HealthCheckRequest request(String service) {
    return HealthCheckRequest.newBuilder().setService(service).build();
  }

  private Watcher watch(String service) {
    Watcher watcher = new Watcher();
    HealthGrpc.newStub(host.toPlugin()).watch(request(service), watcher);
    return watcher;
  }

  /** What a watch has told so far. */
  private static final class Watcher implements StreamObserver<HealthCheckResponse> {
    final List<String> seen = new CopyOnWriteArrayList<>();

    @Override
    public void onNext(HealthCheckResponse response) {
      seen.add(response.getStatus().name());
    }

    @Override
    public void onError(Throwable failure) {
      seen.add(String.valueOf(failure.getMessage()));
    }

    @Override
    public void onCompleted() {
      seen.add("completed");
    }
  }
}
