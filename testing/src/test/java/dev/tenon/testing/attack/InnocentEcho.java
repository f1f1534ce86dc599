package dev.tenon.testing.attack;

import static java.util.Objects.requireNonNull;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The service of the innocent provider: answers with what it was sent, once or as often as it was
 * asked to, as fast as that is taken.
 */
final class InnocentEcho extends EchoGrpc.EchoImplBase {
  static final String SERVICE = EchoGrpc.SERVICE_NAME;

  /** How many streams wait for their caller to take more. */
  final AtomicInteger waiting = new AtomicInteger();

  /** How many streams their callers have left. */
  final AtomicInteger left = new AtomicInteger();

  /** How many messages all streams have sent. */
  final AtomicLong sent = new AtomicLong();

  /** Returns itself under the name {@code service}. */
  ServerServiceDefinition as(String service) {
    ServerServiceDefinition.Builder renamed = ServerServiceDefinition.builder(service);
    for (ServerMethodDefinition<?, ?> method : bindService().getMethods()) {
      add(renamed, service, method);
    }
    return renamed.build();
  }

  private static <Q, A> void add(
      ServerServiceDefinition.Builder to, String service, ServerMethodDefinition<Q, A> method) {
    MethodDescriptor<Q, A> named = method.getMethodDescriptor();
    String full =
        MethodDescriptor.generateFullMethodName(
            service, requireNonNull(named.getBareMethodName(), "method"));
    to.addMethod(named.toBuilder().setFullMethodName(full).build(), method.getServerCallHandler());
  }

  @Override
  public void unary(EchoRequest request, StreamObserver<EchoResponse> observer) {
    observer.onNext(EchoResponse.newBuilder().setPayload(request.getPayload()).build());
    observer.onCompleted();
  }

  @Override
  public void serverStream(EchoRequest request, StreamObserver<EchoResponse> observer) {
    var call = (ServerCallStreamObserver<EchoResponse>) observer;
    EchoResponse answer = EchoResponse.newBuilder().setPayload(request.getPayload()).build();
    AtomicLong rest = new AtomicLong(Integer.toUnsignedLong(request.getRepeat()));
    call.setOnCancelHandler(left::incrementAndGet);
    call.setOnReadyHandler(
        () -> {
          while (rest.get() > 0 && call.isReady()) {
            rest.decrementAndGet();
            sent.incrementAndGet();
            call.onNext(answer);
          }
          if (rest.get() == 0) {
            call.onCompleted();
          } else {
            waiting.incrementAndGet();
          }
        });
  }
}
