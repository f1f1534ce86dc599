package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.auth.audit.AuditVerification;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.CallLimits;
import dev.tenon.core.ConnectionLimits;
import dev.tenon.core.PluginName;
import dev.tenon.core.PluginState;
import dev.tenon.host.HostLimits;
import dev.tenon.host.PluginHost;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.stub.StreamObserver;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A host's process that is asked to end while it is at work. */
@Timeout(300)
class TerminationTest {
  /** How many calls are open; more with {@code -Dtenon.streams}. */
  private static final int STREAMS = Integer.getInteger("tenon.streams", 300);

  /** How many of them a connection to a plugin carries at once; the others wait for one to end. */
  private static final int AT_ONCE = ConnectionLimits.DEFAULT.callsPerConnection();

  /** A program with a host that closes it when it is asked to end, as the example host does. */
  static final class Program {
    private static final PluginName ECHO = new PluginName("echo");

    private final List<StreamObserver<EchoRequest>> calls = new ArrayList<>();
    private final CountDownLatch answered;
    private final CountDownLatch over;
    private final AtomicInteger failed = new AtomicInteger();

    private Program(int streams) {
      answered = new CountDownLatch(Math.min(streams, AT_ONCE));
      over = new CountDownLatch(streams);
    }

    /** Runs the host of the home {@code args[0]} with {@code args[1]} calls, until SIGTERM. */
    public static void main(String[] args) throws Exception {
      Path home = Path.of(args[0]);
      int streams = Integer.parseInt(args[1]);
      Program program = new Program(streams);
      PluginHost host =
          PluginHost.builder()
              .policy(Policy.load(home.resolve("policy.toml")))
              .required("*")
              .state(home.resolve("state"))
              .run(home.resolve("run"))
              .plugins(home.resolve("plugins"))
              .startLimits(Duration.ofSeconds(60), Duration.ofSeconds(60))
              .stopGrace(Duration.ofSeconds(60))
              .limits(
                  HostLimits.DEFAULT.with(new CallLimits(2 * streams, 2 * streams, 2 * streams)))
              .start();
      for (int call = 0; call < streams; call++) {
        program.calls.add(host.client(EchoGrpc::newStub).bidi(program.observer()));
      }
      program.calls.forEach(call -> call.onNext(EchoRequest.getDefaultInstance()));
      if (!program.answered.await(2, TimeUnit.MINUTES)) {
        throw new IllegalStateException("no answer; failed: " + program.failed);
      }
      Runtime.getRuntime().addShutdownHook(new Thread(() -> program.end(host)));
      System.out.println("OPEN " + host.plugins().get(0).pid().getAsLong());
      new CountDownLatch(1).await();
    }

    private StreamObserver<EchoResponse> observer() {
      return new StreamObserver<>() {
        @Override
        public void onNext(EchoResponse response) {
          answered.countDown();
        }

        @Override
        public void onError(Throwable failure) {
          failed.incrementAndGet();
          over.countDown();
        }

        @Override
        public void onCompleted() {
          over.countDown();
        }
      };
    }

    private void end(PluginHost host) {
      Thread closing = new Thread(host::close);
      closing.start();
      try {
        await()
            .forever()
            .pollInterval(Duration.ofMillis(1))
            .until(() -> host.states(ECHO).get(0) instanceof PluginState.Draining);
        System.out.println("DRAINING");
        if (System.in.read() < 0) { // the test says when the calls may end
          return;
        }
        calls.forEach(StreamObserver::onCompleted);
        over.await();
        closing.join();
      } catch (IOException | InterruptedException e) {
        throw new IllegalStateException(e);
      }
      System.out.println("FAILED " + failed);
      System.out.flush();
      Runtime.getRuntime().halt(0);
    }
  }

  /**
   * Every call that is open when the host is asked to end, and asked again, finishes, also one that
   * still waits for its stream; then its plugin ends, and the host's process with status 0 and a
   * whole log.
   *
   * <p>Row: LC-7. Attack: O9.
   */
  @Test
  void terminated_withManyOpenCalls_theyFinishAndNothingIsLeft() throws Exception {
    try (TestHome home = TestHome.create()) {
      home.program("echo", ModePlugins.class, "echo").provides("echo", EchoGrpc.SERVICE_NAME);
      Files.writeString(home.root().resolve("policy.toml"), home.policy());
      Process process = start(home);
      try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
        long plugin = Long.parseLong(out.readLine().substring("OPEN ".length()));
        process.toHandle().destroy(); // SIGTERM, and its streams stay open
        assertThat(out.readLine()).isEqualTo("DRAINING");
        process.toHandle().destroy();
        assertThat(ProcessTable.isRunning(plugin)).isTrue();
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();

        assertThat(out.readLine()).isEqualTo("FAILED 0");
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        assertThat(ProcessTable.isRunning(plugin)).isFalse();
      } finally {
        process.destroyForcibly().waitFor();
      }
      Path log = home.root().resolve("state/audit.jsonl");
      assertThat(AuditVerification.verify(log)).isInstanceOf(AuditVerification.Whole.class);
      assertThat(Files.readString(log)).contains("\"stop\"");
      assertThat(home.run()).isEmptyDirectory();
    }
  }

  private static Process start(TestHome home) throws IOException {
    return ChildJvm.running(
            Program.class, List.of(home.root().toString(), Integer.toString(STREAMS)), "-Xmx512m")
        .redirectError(home.root().resolve("host-err").toFile())
        .start();
  }
}
