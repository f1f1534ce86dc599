package dev.tenon.transport;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An echo service that remembers who called, and how often its handler ran; asked to hang, it does.
 */
final class Echoes extends EchoGrpc.EchoImplBase implements ServerInterceptor {
  private final List<Optional<Peer>> peers = new CopyOnWriteArrayList<>();
  private final AtomicInteger handled = new AtomicInteger();

  @Override
  public void unary(EchoRequest request, StreamObserver<EchoResponse> responses) {
    handled.incrementAndGet();
    if (request.getHang()) {
      return;
    }
    responses.onNext(EchoResponse.newBuilder().setPayload(request.getPayload()).build());
    responses.onCompleted();
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    arrived(Peer.of(call));
    return next.startCall(call, headers);
  }

  /** Notes a call of {@code peer}. */
  void arrived(Optional<Peer> peer) {
    peers.add(peer);
  }

  /** Returns the peer of each call, in order. */
  List<Peer> peers() {
    return peers.stream().map(Optional::orElseThrow).toList();
  }

  /** Returns how many calls got as far as the interceptor. */
  int arrived() {
    return peers.size();
  }

  int handled() {
    return handled.get();
  }
}
