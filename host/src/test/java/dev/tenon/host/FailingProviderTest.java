package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.BreakerPolicy;
import dev.tenon.core.BreakerState;
import dev.tenon.core.EjectionPolicy;
import dev.tenon.core.RetryPolicy;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What a host does about a provider that fails, as its builder says. */
class FailingProviderTest {
  private static final String POLICY =
      """
      [[provide]]
      plugin = "failing"
      services = ["testservice.v1.Echo"]

      [[rule]]
      id = "caller"
      effect = "allow"
      caller = "caller"
      service = "testservice.v1.Echo"
      """;

  private final AtomicInteger failures = new AtomicInteger();
  private final AtomicInteger calls = new AtomicInteger();

  private TestHost host(Consumer<HostBuilder> more) throws Exception {
    TestHost host = TestHost.with(POLICY).enrolled("caller").set(more);
    host.scripted(
        "failing",
        RawRuntime.Tree.NONE,
        plugin -> {
          plugin.enrol(NamedEcho.SERVICE);
          plugin.serve(new Failing());
          plugin.register(NamedEcho.SERVICE);
          plugin.healthy();
        });
    return host.start();
  }

  private static Status call(TestHost host) {
    RawPlugin caller = host.plugin("caller");
    try {
      var unused =
          RawPlugin.deadline(EchoGrpc.newBlockingStub(caller.data(caller.bearer())))
              .unary(EchoRequest.getDefaultInstance());
      return Status.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus();
    }
  }

  /** The breaker is set, told and shown; and calls that it refuses reach nobody. Row: CI-2. */
  @Test
  void call_providerFails_breakerIsToldAndShown() throws Exception {
    List<BreakerEvent> told = new CopyOnWriteArrayList<>();
    PluginListener listener =
        new PluginListener() {
          @Override
          public void changed(PluginEvent event) {}

          @Override
          public void breakerChanged(BreakerEvent event) {
            told.add(event);
          }
        };
    failures.set(Integer.MAX_VALUE);
    try (TestHost host =
        host(
            builder ->
                builder
                    .breaker(new BreakerPolicy(3, Duration.ofHours(1), 2))
                    .ejection(EjectionPolicy.NEVER)
                    .listener(listener))) {
      for (int i = 0; i < 10; i++) {
        assertThat(call(host).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      }

      assertThat(calls).hasValue(3);
      await().atMost(Duration.ofSeconds(60)).until(() -> told.size() == 1);
      BreakerEvent opened = told.get(0);
      assertThat(opened.provider().plugin().value()).isEqualTo("failing");
      assertThat(opened.before()).isEqualTo(BreakerState.CLOSED);
      assertThat(opened.now()).isEqualTo(BreakerState.OPEN);
      assertThat(host.host().breaker(opened.provider())).isEqualTo(BreakerState.OPEN);
    }
  }

  /**
   * Calls of a plugin over mTLS are made again where the host says so, and only there. Row: CI-1.
   */
  @Test
  void call_declaredIdempotent_madeAgain() throws Exception {
    failures.set(2);
    RetryPolicy retries = RetryPolicy.of(Set.of(NamedEcho.SERVICE + "/Unary"));
    try (TestHost host = host(builder -> builder.retries(retries))) {
      assertThat(call(host).isOk()).isTrue();
      assertThat(calls).hasValue(3);
    }
  }

  /** Row: CI-1. */
  @Test
  void call_notDeclared_once() throws Exception {
    failures.set(1);
    try (TestHost host = host(builder -> {})) {
      assertThat(call(host).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(calls).hasValue(1);
    }
  }

  private final class Failing extends EchoGrpc.EchoImplBase {
    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> observer) {
      calls.incrementAndGet();
      if (failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        observer.onError(Status.UNAVAILABLE.asException());
        return;
      }
      observer.onNext(EchoResponse.getDefaultInstance());
      observer.onCompleted();
    }
  }
}
