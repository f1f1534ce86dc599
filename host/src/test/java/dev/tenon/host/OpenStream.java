package dev.tenon.host;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A call of {@link OpenEcho} that stays open, as its caller sees it. */
final class OpenStream<T> implements StreamObserver<T> {
  private final CompletableFuture<Status> end = new CompletableFuture<>();

  /** Opens one call of each of the four kinds on {@code channel}. */
  static List<OpenStream<?>> ofEachKind(Channel channel) {
    EchoGrpc.EchoStub echo = EchoGrpc.newStub(channel);
    OpenStream<EchoResponse> unary = new OpenStream<>();
    OpenStream<EchoResponse> serverStream = new OpenStream<>();
    OpenStream<EchoResponse> clientStream = new OpenStream<>();
    OpenStream<EchoResponse> bidi = new OpenStream<>();
    echo.unary(OpenEcho.HANGING, unary);
    echo.serverStream(EchoRequest.getDefaultInstance(), serverStream);
    echo.clientStream(clientStream).onNext(EchoRequest.getDefaultInstance());
    echo.bidi(bidi).onNext(EchoRequest.getDefaultInstance());
    return List.of(unary, serverStream, clientStream, bidi);
  }

  boolean hasEnded() {
    return end.isDone();
  }

  /** Returns how the call ended, which it must have. */
  Status end() {
    return end.getNow(Status.UNKNOWN.withDescription("open (expected: ended)"));
  }

  @Override
  public void onNext(T value) {}

  @Override
  public void onError(Throwable t) {
    end.complete(Status.fromThrowable(t));
  }

  @Override
  public void onCompleted() {
    end.complete(Status.OK);
  }
}
