package dev.tenon.bench.endtoend;

import dev.tenon.router.relay.ByteMarshaller;
import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.nio.ByteBuffer;

/** What the C backend does, on grpc-java: for what is measured of plugins themselves. Stateless. */
final class JavaEcho implements BindableService {
  @Override
  public ServerServiceDefinition bindService() {
    return ServerServiceDefinition.builder(Backend.SERVICE)
        .addMethod(method(MethodType.UNARY, "Call"), ServerCalls.asyncUnaryCall(JavaEcho::call))
        .addMethod(
            method(MethodType.BIDI_STREAMING, "Chat"),
            ServerCalls.asyncBidiStreamingCall(JavaEcho::chat))
        .addMethod(
            method(MethodType.SERVER_STREAMING, "Pour"),
            ServerCalls.asyncServerStreamingCall(JavaEcho::pour))
        .build();
  }

  private static MethodDescriptor<byte[], byte[]> method(MethodType type, String name) {
    return MethodDescriptor.newBuilder(ByteMarshaller.INSTANCE, ByteMarshaller.INSTANCE)
        .setType(type)
        .setFullMethodName(MethodDescriptor.generateFullMethodName(Backend.SERVICE, name))
        .build();
  }

  private static void call(byte[] request, StreamObserver<byte[]> response) {
    response.onNext(request);
    response.onCompleted();
  }

  private static StreamObserver<byte[]> chat(StreamObserver<byte[]> response) {
    return new StreamObserver<>() {
      @Override
      public void onNext(byte[] message) {
        response.onNext(message);
      }

      @Override
      public void onError(Throwable gone) {
        // It was cancelled, and is not waited for.
      }

      @Override
      public void onCompleted() {
        response.onCompleted();
      }
    };
  }

  /** The request says how many messages, and how long. */
  private static void pour(byte[] request, StreamObserver<byte[]> response) {
    ByteBuffer asked = ByteBuffer.wrap(request);
    int messages = asked.getInt();
    byte[] message = new byte[asked.getInt()];
    for (int i = 0; i < messages; i++) {
      response.onNext(message);
    }
    response.onCompleted();
  }
}
