package dev.tenon.host.life;

import static dev.tenon.host.life.NonBlockingEcho.ANSWER;
import static dev.tenon.host.life.NonBlockingEcho.ECHO;
import static dev.tenon.host.life.NonBlockingEcho.REQUEST;
import static dev.tenon.host.life.NonBlockingEcho.assertEnds;
import static dev.tenon.host.life.NonBlockingEcho.begin;
import static dev.tenon.host.life.NonBlockingEcho.client;
import static dev.tenon.host.life.NonBlockingEcho.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Plugin;
import dev.tenon.core.RuntimeId;
import dev.tenon.host.AllKindsLoad;
import dev.tenon.host.FinishingEcho;
import dev.tenon.host.PluginHost;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Status.Code;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * How open calls end of a plugin inside the host that never blocks, when its run ends, its rights
 * or those of the caller. What a plugin of every kind does is in {@link PluginModeTests}.
 */
class NonBlockingEndsTest {
  private static final Duration LONG = Duration.ofSeconds(60);

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

  /** Row: RT-25 */
  @Test
  void drain_callOpen_waitsForIt() throws Exception {
    try (PluginHost host = service.start(home)) {
      List<StreamObserver<EchoResponse>> kept = service.keepCalls();
      RuntimeId run = run(host);
      ListenableFuture<EchoResponse> call = begin(host);

      assertThat(host.drain(run, Duration.ZERO)).isEqualTo(1);
      CompletableFuture<Long> drained = new CompletableFuture<>();
      new Thread(
              () -> {
                try {
                  drained.complete(host.drain(run, LONG));
                } catch (Exception e) {
                  drained.completeExceptionally(e);
                }
              })
          .start();
      assertEnds(Code.UNAVAILABLE, () -> client(host).unary(REQUEST));
      assertThat(drained).isNotDone();
      NonBlockingEcho.answer(REQUEST, kept.get(0));

      assertThat(call.get(60, TimeUnit.SECONDS)).isSameAs(ANSWER);
      assertThat(drained.get(60, TimeUnit.SECONDS)).isZero();
      assertThat(service.calls).hasValue(1);
    }
  }

  /** A run that is replaced finishes its calls; those that do not end in time are ended. */
  @Test
  void replace_callsOpen_finishOrEndWithTheirTime() throws Exception {
    try (PluginHost host = service.start(home)) {
      List<StreamObserver<EchoResponse>> kept = service.keepCalls();
      ListenableFuture<EchoResponse> first = begin(host);
      CompletableFuture<Void> replaced =
          CompletableFuture.runAsync(() -> replace(host, LONG), task -> new Thread(task).start());
      await()
          .atMost(LONG)
          .until(() -> host.plugins().stream().anyMatch(plugin -> !plugin.state().takesCalls()));
      assertThat(replaced).isNotDone();
      NonBlockingEcho.answer(REQUEST, kept.get(0));
      assertThat(first.get(60, TimeUnit.SECONDS)).isSameAs(ANSWER);
      replaced.get(60, TimeUnit.SECONDS);

      ListenableFuture<EchoResponse> second = begin(host);
      replace(host, Duration.ZERO);
      assertEnds(Code.UNAVAILABLE, second);
      assertThat(service.cancelled).hasValue(1);
      NonBlockingEcho.answer(REQUEST, kept.get(1)); // too late, and nobody is told
    }
  }

  private void replace(PluginHost host, Duration calls) {
    try {
      host.replace(service.plugin(), calls);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** Row: RT-25 */
  @Test
  void replace_againAndAgainUnderLoad_noCallFails() throws Exception {
    Plugin next =
        Plugin.named("echo")
            .version("1.0.0")
            .providesNonBlocking(ECHO, context -> new FinishingEcho())
            .build();
    try (PluginHost host = home.bareHost().plugin(next).start()) {
      AtomicReference<Channel> channel = new AtomicReference<>();
      var unused =
          host.client(
              through -> {
                channel.set(through);
                return EchoGrpc.newBlockingStub(through);
              });
      AllKindsLoad load = AllKindsLoad.on(channel.get());
      for (int swap = 0; swap < 20; swap++) {
        host.replace(next, LONG);
        load.awaitRound();
      }
      load.stop();

      assertThat(load.failures()).isEmpty();
      assertThat(host.calls()).allSatisfy(count -> assertThat(count.failed()).isZero());
    }
  }

  /** Row: TK-7. An answer of a run that was revoked meanwhile is nobody's, not even on its way. */
  @Test
  void revoke_callsOpenAndRunning_unavailable() throws Exception {
    try (PluginHost host = service.start(home)) {
      List<StreamObserver<EchoResponse>> kept = service.keepCalls();
      ListenableFuture<EchoResponse> open = begin(host);
      service.unary =
          (request, observer) -> {
            host.revoke(run(host));
            NonBlockingEcho.answer(request, observer);
          };
      assertEnds(Code.UNAVAILABLE, () -> client(host).unary(REQUEST));

      assertEnds(Code.UNAVAILABLE, open);
      assertThat(service.cancelled.get()).isPositive();
      NonBlockingEcho.answer(REQUEST, kept.get(0));
      assertEnds(Code.UNAVAILABLE, () -> client(host).unary(REQUEST));
      assertThat(service.calls).hasValue(2);
    }
  }

  /** The caller is revoked: its calls end, and its provider knows. Row: TK-7. */
  @Test
  void revoke_ofTheCaller_itsOpenCallsEnd() throws Exception {
    home.provides("asker", OtherGrpc.SERVICE_NAME).calls("asker", ECHO);
    List<StreamObserver<EchoResponse>> kept = service.keepCalls();
    AtomicReference<ListenableFuture<EchoResponse>> asked = new AtomicReference<>();
    Plugin asker =
        Plugin.named("asker")
            .version("1.0.0")
            .requires(ECHO, ">=1.0.0")
            .providesNonBlocking(
                OtherGrpc.SERVICE_NAME,
                context -> {
                  EchoGrpc.EchoFutureStub echo = context.client(EchoGrpc::newFutureStub);
                  return new OtherGrpc.OtherImplBase() {
                    @Override
                    public void unary(EchoRequest request, StreamObserver<EchoResponse> observer) {
                      Context.ROOT.run(() -> asked.set(echo.unary(request)));
                      NonBlockingEcho.answer(request, observer);
                    }
                  };
                })
            .build();
    try (PluginHost host = home.bareHost().plugin(service.plugin()).plugin(asker).start()) {
      var unused = host.client(OtherGrpc::newBlockingStub).unary(REQUEST);
      await().atMost(LONG).until(() -> kept.size() == 1);
      RuntimeId run =
          host.plugins().stream()
              .map(plugin -> plugin.runtimeId())
              .filter(id -> id.plugin().value().equals("asker"))
              .findFirst()
              .orElseThrow();
      host.revoke(run);

      assertEnds(Code.UNAUTHENTICATED, asked.get());
      assertThat(service.cancelled).hasValue(1);
    }
  }

  /** Row: PL-9 */
  @Test
  void policyReplaced_denies_openCallEndsAndIsOnRecord() throws Exception {
    try (PluginHost host = service.start(home)) {
      List<StreamObserver<EchoResponse>> kept = service.keepCalls();
      ListenableFuture<EchoResponse> open = begin(host);
      String provideAlone = home.policy().substring(0, home.policy().indexOf("[[rule]]"));
      host.policy().replace(Policy.parse(provideAlone), "test");

      assertEnds(Code.PERMISSION_DENIED, open);
      assertThat(service.cancelled).hasValue(1);
      NonBlockingEcho.answer(REQUEST, kept.get(0));
      assertThat(host.calls())
          .singleElement()
          .matches(count -> count.calls() == 2 && count.failed() == 1);
      await().atMost(LONG).until(() -> audit().contains("\"action\":\"end\"")); // told, then noted
    }
  }
}
