package dev.tenon.host.life;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import dev.tenon.core.Plugin;
import dev.tenon.core.RuntimeId;
import dev.tenon.host.PluginHost;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** An Echo that never blocks and does with unary calls what the test says; and how it is called. */
final class NonBlockingEcho extends EchoGrpc.EchoImplBase {
  static final String ECHO = EchoGrpc.SERVICE_NAME;
  static final EchoRequest REQUEST = EchoRequest.getDefaultInstance();
  static final EchoResponse ANSWER = EchoResponse.getDefaultInstance();

  volatile BiConsumer<EchoRequest, StreamObserver<EchoResponse>> unary = NonBlockingEcho::answer;
  final AtomicInteger calls = new AtomicInteger();
  final AtomicInteger cancelled = new AtomicInteger();

  static void answer(EchoRequest request, StreamObserver<EchoResponse> observer) {
    observer.onNext(ANSWER);
    observer.onCompleted();
  }

  @Override
  public void unary(EchoRequest request, StreamObserver<EchoResponse> observer) {
    calls.incrementAndGet();
    ((ServerCallStreamObserver<EchoResponse>) observer)
        .setOnCancelHandler(cancelled::incrementAndGet);
    unary.accept(request, observer);
  }

  /** Keeps the open calls, which answer when the test says. */
  List<StreamObserver<EchoResponse>> keepCalls() {
    calls.set(0);
    List<StreamObserver<EchoResponse>> kept = new CopyOnWriteArrayList<>();
    unary = (request, observer) -> kept.add(observer);
    return kept;
  }

  /** Returns a plugin that provides it. */
  Plugin plugin() {
    return Plugin.named("echo").version("1.0.0").providesNonBlocking(ECHO, context -> this).build();
  }

  /** Starts a host that has made the first call, which waits for its record. */
  PluginHost start(TestHome home) throws Exception {
    PluginHost host = home.bareHost().plugin(plugin()).start();
    var unused = client(host).unary(REQUEST);
    return host;
  }

  static RuntimeId run(PluginHost host) {
    return host.plugins().get(0).runtimeId();
  }

  static EchoGrpc.EchoBlockingStub client(PluginHost host) {
    return host.client(EchoGrpc::newBlockingStub);
  }

  static ListenableFuture<EchoResponse> begin(PluginHost host) {
    return host.client(EchoGrpc::newFutureStub).unary(REQUEST);
  }

  static void assertEnds(Code code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .satisfies(
            e -> {
              Throwable why = e instanceof ExecutionException ? requireNonNull(e.getCause()) : e;
              assertThat(Status.fromThrowable(why).getCode()).isEqualTo(code);
            });
  }

  static void assertEnds(Code code, ListenableFuture<EchoResponse> call) {
    assertEnds(code, () -> call.get(60, TimeUnit.SECONDS));
  }
}
