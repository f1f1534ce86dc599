package dev.tenon.host;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/**
 * A provider that sends on every open stream, again and again, until its caller is gone: every 100
 * ms, or {@code -Dtenon.pause}.
 */
final class SteadyEcho extends EchoGrpc.EchoImplBase implements AutoCloseable {
  private static final Duration PAUSE = Duration.ofMillis(Integer.getInteger("tenon.pause", 100));

  private final Set<ServerCallStreamObserver<EchoResponse>> open = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService pump = Executors.newSingleThreadScheduledExecutor();

  SteadyEcho() {
    var unused =
        pump.scheduleWithFixedDelay(
            () -> open.forEach(SteadyEcho::send), 0, PAUSE.toMillis(), MILLISECONDS);
  }

  private static void send(ServerCallStreamObserver<EchoResponse> stream) {
    if (stream.isReady() && !stream.isCancelled()) {
      stream.onNext(EchoResponse.getDefaultInstance());
    }
  }

  @Override
  public void serverStream(EchoRequest request, StreamObserver<EchoResponse> response) {
    ServerCallStreamObserver<EchoResponse> stream =
        (ServerCallStreamObserver<EchoResponse>) response;
    stream.setOnCancelHandler(() -> open.remove(stream));
    open.add(stream);
  }

  @Override
  public void close() {
    pump.shutdownNow();
  }
}
