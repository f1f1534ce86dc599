package dev.tenon.host.life;

import static dev.tenon.host.life.NonBlockingEcho.ANSWER;
import static dev.tenon.host.life.NonBlockingEcho.ECHO;
import static dev.tenon.host.life.NonBlockingEcho.REQUEST;
import static dev.tenon.host.life.NonBlockingEcho.assertEnds;
import static dev.tenon.host.life.NonBlockingEcho.begin;
import static dev.tenon.host.life.NonBlockingEcho.client;
import static dev.tenon.host.life.NonBlockingEcho.run;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.BreakerPolicy;
import dev.tenon.core.BreakerState;
import dev.tenon.core.Caller;
import dev.tenon.core.EjectionPolicy;
import dev.tenon.core.Plugin;
import dev.tenon.core.RetryPolicy;
import dev.tenon.core.ServiceName;
import dev.tenon.host.PluginHost;
import dev.tenon.router.CallCount;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Calls of a plugin inside the host that never blocks: on the thread of their callers, and for the
 * rest like any other. What a plugin of every kind does is in {@link PluginModeTests}.
 */
class NonBlockingPluginTest {

  private final NonBlockingEcho service = new NonBlockingEcho();
  private TestHome home;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
    home.provides("echo", ECHO);
  }

  @AfterEach
  void closeHome() throws IOException {
    home.close();
  }

  private String audit() throws IOException {
    return Files.readString(home.root().resolve("state/audit.jsonl"));
  }

  @Test
  void call_ofHost_onItsThreadCountedAndOnRecord() throws Exception {
    List<Object> seen = new ArrayList<>();
    service.unary =
        (request, observer) -> {
          seen.add(Thread.currentThread());
          seen.add(request);
          seen.add(Caller.current().orElseThrow().name());
          Deadline deadline = requireNonNull(Context.current().getDeadline());
          seen.add(deadline.timeRemaining(TimeUnit.SECONDS) > 20);
          NonBlockingEcho.answer(request, observer);
        };
    try (PluginHost host = home.bareHost().plugin(service.plugin()).start()) {
      assertThat(client(host).unary(REQUEST)).isSameAs(ANSWER);

      assertThat(seen).containsExactly(Thread.currentThread(), REQUEST, "host", true);
      assertThat(seen.get(1)).isSameAs(REQUEST);
      assertThat(host.calls())
          .containsExactly(new CallCount("host", "echo", new ServiceName(ECHO), 1, 0));
      assertThat(audit()).contains("\"action\":\"relay\"").contains(run(host).value());
    }
  }

  @Test
  void call_ofPluginInside_onOneThreadAndByTheRules() throws Exception {
    home.provides("asker", OtherGrpc.SERVICE_NAME);
    Policy without = Policy.parse(home.policy());
    home.calls("asker", ECHO);
    List<Thread> seen = new ArrayList<>();
    service.unary =
        (request, observer) -> {
          seen.add(Thread.currentThread());
          NonBlockingEcho.answer(request, observer);
        };
    try (PluginHost host =
        home.bareHost()
            .plugin(service.plugin())
            .plugin(NonBlockingModeTest.nonBlocking(ModePlugins.plugin("asker")))
            .start()) {
      OtherGrpc.OtherBlockingStub asker = host.client(OtherGrpc::newBlockingStub);
      var unused = asker.unary(REQUEST);
      assertThat(seen).containsExactly(Thread.currentThread());
      assertThat(host.calls()).hasSize(2);

      host.policy().replace(without, "test");
      assertEnds(Code.PERMISSION_DENIED, () -> asker.unary(REQUEST));
      assertThat(seen).hasSize(1);
    }
  }

  /** Row: CI-2 */
  @Test
  void call_providerUnavailable_opensItsBreaker() throws Exception {
    service.unary =
        (request, observer) -> observer.onError(Status.UNAVAILABLE.asRuntimeException());
    try (PluginHost host =
        home.bareHost()
            .breaker(new BreakerPolicy(3, Duration.ofHours(1), 2))
            .ejection(EjectionPolicy.NEVER)
            .plugin(service.plugin())
            .start()) {
      for (int i = 0; i < 5; i++) {
        assertEnds(Code.UNAVAILABLE, () -> client(host).unary(REQUEST));
      }
      assertThat(service.calls).hasValue(3);
      assertThat(host.breaker(run(host))).isEqualTo(BreakerState.OPEN);
    }
  }

  /** What came after an answer had begun is an answer, as on any other way. */
  @Test
  void call_unavailableAfterAnAnswerBegan_isNoFailure() throws Exception {
    service.unary =
        (request, observer) -> {
          observer.onNext(ANSWER);
          observer.onError(Status.UNAVAILABLE.asRuntimeException());
        };
    try (PluginHost host =
        home.bareHost()
            .breaker(new BreakerPolicy(3, Duration.ofHours(1), 2))
            .plugin(service.plugin())
            .start()) {
      for (int i = 0; i < 5; i++) {
        assertEnds(Code.UNAVAILABLE, () -> client(host).unary(REQUEST));
      }
      assertThat(service.calls).hasValue(5);
      assertThat(host.breaker(run(host))).isEqualTo(BreakerState.CLOSED);
    }
  }

  /** Row: CI-1 */
  @Test
  void call_ofIdempotentMethod_madeAgain() throws Exception {
    service.unary =
        (request, observer) -> {
          if (service.calls.get() < 3) {
            observer.onError(Status.UNAVAILABLE.asRuntimeException());
          } else {
            NonBlockingEcho.answer(request, observer);
          }
        };
    try (PluginHost host =
        home.bareHost()
            .retries(RetryPolicy.of(Set.of(ECHO + "/Unary")))
            .plugin(service.plugin())
            .start()) {
      assertThat(client(host).unary(REQUEST)).isEqualTo(ANSWER);
      assertThat(service.calls).hasValue(3);
    }
  }

  /** Row: HS-16 */
  @Test
  void call_messageTooLong_reachesNobody() throws Exception {
    Plugin small =
        Plugin.named("echo")
            .version("1.0.0")
            .providesNonBlocking(ECHO, context -> service)
            .maxMessageBytes(Plugin.MIN_MESSAGE_BYTES)
            .build();
    EchoRequest large =
        EchoRequest.newBuilder().setPayload(ByteString.copyFrom(new byte[2_000])).build();
    try (PluginHost host = home.bareHost().plugin(small).start()) {
      assertEnds(Code.RESOURCE_EXHAUSTED, () -> client(host).unary(large));
      assertThat(service.calls).hasValue(0);
    }
  }

  /** The deadline of a call that its method has left open, or has not begun. */
  @Test
  void call_deadlineOver_ends() throws Exception {
    try (PluginHost host = service.start(home)) {
      List<StreamObserver<EchoResponse>> kept = service.keepCalls();
      assertEnds(
          Code.DEADLINE_EXCEEDED,
          () -> client(host).withDeadlineAfter(50, TimeUnit.MILLISECONDS).unary(REQUEST));
      assertThat(service.cancelled).hasValue(1);
      assertEnds(
          Code.DEADLINE_EXCEEDED,
          () -> client(host).withDeadlineAfter(-1, TimeUnit.MILLISECONDS).unary(REQUEST));
      assertThat(kept).hasSize(1);
    }
  }

  /** The first call waits for its record, and no thread of the host's goes on with it. */
  @Test
  void call_thatWaitedAndWantsNoThread_onOneOfThePlugin() throws Exception {
    AtomicReference<String> seen = new AtomicReference<>("");
    service.unary =
        (request, observer) -> {
          seen.set(Thread.currentThread().getName());
          NonBlockingEcho.answer(request, observer);
        };
    try (PluginHost host = home.bareHost().plugin(service.plugin()).start()) {
      assertThat(begin(host).get(60, TimeUnit.SECONDS)).isEqualTo(ANSWER);
      assertThat(seen.get()).startsWith("tenon-host-service-");

      assertThat(begin(host).get(60, TimeUnit.SECONDS)).isSameAs(ANSWER);
      assertThat(seen.get()).isEqualTo(Thread.currentThread().getName());
    }
  }

  /** A plugin of the same code outside of the host is called as any other. */
  @Test
  void call_ofAProcess_onAThreadOfItsOwn() throws Exception {
    AtomicReference<Thread> seen = new AtomicReference<>();
    service.unary =
        (request, observer) -> {
          seen.set(Thread.currentThread());
          NonBlockingEcho.answer(request, observer);
        };
    try (PluginHost host = home.bareHost().plugin(InJvm.of(service.plugin())).start()) {
      assertThat(client(host).unary(REQUEST)).isEqualTo(ANSWER);
      assertThat(seen.get()).isNotSameAs(Thread.currentThread());
    }
  }
}
