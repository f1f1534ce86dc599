package dev.tenon.host.orchestrator;

import static dev.tenon.host.orchestrator.FakeOrchestrator.DEREGISTER;
import static dev.tenon.host.orchestrator.FakeOrchestrator.HEARTBEAT;
import static dev.tenon.host.orchestrator.FakeOrchestrator.REGISTER;
import static dev.tenon.host.orchestrator.FakeOrchestrator.SILENT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.v1.RegisterHostRequest;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What an orchestrator is told, beat by beat: the schedule is the test's, and calls are answered
 * before they return.
 */
@Timeout(120)
class AttendanceTest {
  private static final Duration PAUSE = Duration.ofSeconds(30);

  private final FakeOrchestrator fake = new FakeOrchestrator();
  private final List<Runnable> beats = new ArrayList<>();
  private final Lines lines = new Lines();
  private RegisterHostRequest self = provides("acme.v1.One");
  private Server server;
  private ManagedChannel channel;
  private Attendance attendance;

  /** What is logged. */
  private static final class Lines extends Handler {
    private final List<String> texts = new CopyOnWriteArrayList<>();

    @Override
    public void publish(LogRecord line) {
      texts.add(line.getLevel() + " " + line.getMessage() + List.of(line.getParameters()));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @BeforeEach
  void start() throws IOException {
    Logger.getLogger(Attendance.class.getName()).addHandler(lines);
    String name = InProcessServerBuilder.generateName();
    server = InProcessServerBuilder.forName(name).directExecutor().addService(fake).build().start();
    channel = InProcessChannelBuilder.forName(name).directExecutor().build();
    attendance = new Attendance(channel, "o", () -> self);
  }

  @AfterEach
  void stop() {
    attendance.close();
    server.shutdownNow();
    Logger.getLogger(Attendance.class.getName()).removeHandler(lines);
  }

  private static RegisterHostRequest provides(String... services) {
    return RegisterHostRequest.newBuilder()
        .setHostId("h-1")
        .addAllCapabilities(List.of(services))
        .build();
  }

  private static Status never() {
    return Status.UNKNOWN.withDescription(SILENT);
  }

  private void begin() {
    attendance.begin(
        PAUSE,
        (pause, task) -> {
          assertThat(pause).isEqualTo(PAUSE);
          beats.add(task);
        });
  }

  private void beat() {
    beats.get(0).run();
  }

  /** Each call has its time, and there is no other. Row: LC-8 */
  @Test
  void beats_ofAHost_areCountedByTheOrchestrator() {
    begin();
    assertThat(fake.calls).containsExactly(REGISTER);
    beat();
    beat();
    attendance.close();
    beat();
    attendance.close();

    assertThat(fake.calls).containsExactly(REGISTER, HEARTBEAT, HEARTBEAT, DEREGISTER);
    assertThat(fake.hosts).containsExactly(self);
    List<Duration> most = Stream.of(10, 5, 5, 5).map(Duration::ofSeconds).toList();
    for (int call = 0; call < most.size(); call++) {
      assertThat(fake.times.get(call).orElseThrow())
          .isPositive()
          .isLessThanOrEqualTo(most.get(call));
    }
  }

  @Test
  void beat_hostThatIsNotKnownAnyMore_isRegisteredAtOnce() {
    begin();
    fake.answers = call -> call.equals(HEARTBEAT) ? Status.NOT_FOUND : Status.OK;
    beat();

    assertThat(fake.calls).containsExactly(REGISTER, HEARTBEAT, REGISTER);
    fake.answers = call -> Status.OK;
    beat();
    assertThat(fake.calls).endsWith(HEARTBEAT);
  }

  @Test
  void beat_otherServices_areRegistered() {
    begin();
    self = provides("acme.v1.One", "acme.v1.Two");
    beat();
    beat();

    assertThat(fake.calls).containsExactly(REGISTER, REGISTER, HEARTBEAT);
    assertThat(fake.hosts).last().isEqualTo(self);
  }

  /** A trouble is one line, which has nothing of the other side's text. */
  @Test
  void register_refused_isTriedAgainAndWarnedOfOnce() {
    fake.answers = call -> Status.PERMISSION_DENIED.withDescription("canary");
    begin();
    beat();
    beat();
    assertThat(fake.calls).containsExactly(REGISTER, REGISTER, REGISTER);
    assertThat(lines.texts).hasSize(1);
    assertThat(lines.texts.get(0)).startsWith("WARNING").contains("PERMISSION_DENIED");

    fake.answers = call -> Status.UNAVAILABLE.withDescription("canary");
    beat();
    fake.answers = call -> Status.OK;
    beat();
    beat();
    assertThat(lines.texts).hasSize(3);
    assertThat(lines.texts.get(1)).startsWith("WARNING").contains("UNAVAILABLE");
    assertThat(lines.texts.get(2)).startsWith("INFO");
    assertThat(lines.texts).noneMatch(line -> line.contains("canary"));
  }

  @Test
  void heartbeat_fails_isNoReasonToRegisterAgain() {
    begin();
    fake.answers = call -> Status.INTERNAL;
    beat();
    fake.answers = call -> Status.OK;
    beat();

    assertThat(fake.calls).containsExactly(REGISTER, HEARTBEAT, HEARTBEAT);
    assertThat(lines.texts).hasSize(3).last().asString().startsWith("INFO");
  }

  /** Whoever was never reached has nothing to be told. */
  @Test
  void close_neverReached_waitsForNobody() {
    fake.answers = call -> Status.UNAVAILABLE;
    begin();
    attendance.close();

    assertThat(fake.calls).containsExactly(REGISTER);
    assertThat(channel.isShutdown()).isTrue();
  }

  /** One call at a time; one that nobody answered may have been heard all the same. */
  @Test
  void close_whileTheFirstIsNotAnswered_tellsOfTheEnd() {
    fake.answers = call -> call.equals(REGISTER) ? never() : Status.OK;
    begin();
    beat();
    attendance.close();

    assertThat(fake.calls).containsExactly(REGISTER, DEREGISTER);
  }

  /** A beat that comes meanwhile would bring back what was just taken back. */
  @Test
  void close_beatInBetween_saysNothing() {
    begin();
    fake.answers =
        call -> {
          if (call.equals(DEREGISTER)) {
            beat();
          }
          return Status.OK;
        };
    attendance.close();

    assertThat(fake.calls).containsExactly(REGISTER, DEREGISTER);
  }

  @Test
  void close_orchestratorThatIsSilent_waitsForItsTimeAlone() {
    Duration little = Duration.ofMillis(50);
    attendance =
        new Attendance(channel, "o", () -> self, new Attendance.Limits(little, little, little));
    begin();
    fake.answers = call -> never();
    attendance.close();

    assertThat(fake.calls).containsExactly(REGISTER, DEREGISTER);
    assertThat(lines.texts).last().asString().startsWith("WARNING").contains("DEADLINE_EXCEEDED");
  }
}
