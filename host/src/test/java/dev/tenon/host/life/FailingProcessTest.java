package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.BreakerPolicy;
import dev.tenon.core.BreakerState;
import dev.tenon.core.EjectionPolicy;
import dev.tenon.core.Selection;
import dev.tenon.host.BreakerEvent;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.PluginEvent;
import dev.tenon.host.PluginHost;
import dev.tenon.host.PluginListener;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.OtherGrpc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A process that fails, and what becomes of the calls of another process: over the relay. */
class FailingProcessTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  /** How long a provider that failed gets no calls. */
  private static final Duration PAUSE = Duration.ofSeconds(5);

  private TestHome home;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
    home.provides(AskingPlugin.NAME, OtherGrpc.SERVICE_NAME);
    home.calls(AskingPlugin.NAME, EchoGrpc.SERVICE_NAME);
    home.program(AskingPlugin.NAME, AskingPlugin.class);
  }

  @AfterEach
  void closeHome() throws IOException {
    home.close();
  }

  private void provider(String name) throws IOException {
    home.provides(name, EchoGrpc.SERVICE_NAME);
    home.program(name, FailingPlugin.class, name);
  }

  private void fails(String provider) throws IOException {
    Files.createFile(FailingPlugin.fails(home.root(), provider));
  }

  private void worksAgain(String provider) throws IOException {
    Files.delete(FailingPlugin.fails(home.root(), provider));
  }

  private long reached(String provider) throws IOException {
    Path calls = FailingPlugin.calls(home.root(), provider);
    return Files.exists(calls) ? Files.size(calls) : 0;
  }

  /** Lets the caller's process call, and returns who answered or with which status. */
  private static String call(PluginHost host) {
    return host.client(OtherGrpc::newBlockingStub)
        .withDeadlineAfter(60, TimeUnit.SECONDS)
        .unary(EchoRequest.getDefaultInstance())
        .getPayload()
        .toStringUtf8();
  }

  private static List<String> calls(PluginHost host, int number) {
    List<String> answers = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      answers.add(call(host));
    }
    return answers;
  }

  /**
   * Its breaker opens with the third failure, keeps calls away from it, lets them through as
   * probes, and closes after two of them.
   *
   * <p>Row: CI-2, CI-3
   */
  @Test
  void providerFails_breakerOpensAndClosesAgain() throws Exception {
    provider("one");
    fails("one");
    List<String> told = new CopyOnWriteArrayList<>();
    HostBuilder builder =
        home.host()
            .breaker(new BreakerPolicy(3, PAUSE, 2))
            .ejection(EjectionPolicy.NEVER)
            .listener(new Changes(told));
    try (PluginHost host = builder.start()) {
      long begin = System.nanoTime();
      assertThat(calls(host, 10)).hasSize(10).containsOnly("UNAVAILABLE");
      long reached = reached("one");
      // On a machine that is so slow a probe went there meanwhile.
      if (System.nanoTime() - begin < PAUSE.toNanos()) {
        assertThat(reached).isEqualTo(3);
      }
      await().atMost(SOON).until(() -> told.contains("one OPEN"));

      worksAgain("one");
      await().atMost(SOON).until(() -> call(host).equals("one"));
      await().atMost(SOON).until(() -> call(host).equals("one") && told.contains("one CLOSED"));

      assertThat(told).startsWith("one OPEN", "one HALF_OPEN").endsWith("one CLOSED");
      assertThat(host.plugins())
          .filteredOn(plugin -> plugin.name().value().equals("one"))
          .extracting(plugin -> host.breaker(plugin.runtimeId()))
          .containsExactly(BreakerState.CLOSED);
      assertThat(calls(host, 10)).containsOnly("one");
    }
  }

  /**
   * Of two providers that get calls in turn the one that fails is passed over, and when its time is
   * over, and it works again, it gets calls again.
   *
   * <p>Row: CI-2
   */
  @Test
  void oneOfTwoFails_isPassedOverForATime() throws Exception {
    provider("one");
    provider("two");
    fails("one");
    EjectionPolicy ejection = new EjectionPolicy(3, 0, 20, Duration.ofSeconds(10), PAUSE, PAUSE);
    HostBuilder builder =
        home.host()
            .breaker(BreakerPolicy.NEVER)
            .ejection(ejection)
            .selection(EchoGrpc.SERVICE_NAME, Selection.Plain.ROUND_ROBIN);
    try (PluginHost host = builder.start()) {
      assertThat(calls(host, 6)).containsOnly("UNAVAILABLE", "two").contains("two");
      assertThat(reached("one")).isEqualTo(3);
      long ejected = System.nanoTime();
      List<String> answers = calls(host, 10);
      // On a machine that is so slow its time was over meanwhile.
      if (System.nanoTime() - ejected < PAUSE.toNanos() / 2) {
        assertThat(answers).hasSize(10).containsOnly("two");
        assertThat(reached("one")).isEqualTo(3);
      }

      worksAgain("one");
      await().atMost(SOON).until(() -> call(host).equals("one"));
      assertThat(calls(host, 10)).containsOnly("one", "two").contains("one", "two");
    }
  }

  /** Where breakers went. */
  private record Changes(List<String> told) implements PluginListener {
    @Override
    public void changed(PluginEvent event) {}

    @Override
    public void breakerChanged(BreakerEvent event) {
      told.add(event.provider().plugin().value() + " " + event.now());
    }
  }
}
