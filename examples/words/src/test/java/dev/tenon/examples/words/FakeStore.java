package dev.tenon.examples.words;

import com.google.protobuf.ByteString;
import dev.tenon.examples.store.v1.PutRequest;
import dev.tenon.examples.store.v1.PutResponse;
import dev.tenon.examples.store.v1.StoreGrpc;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A store in memory; keys that end in {@code .full} find no place. */
final class FakeStore extends StoreGrpc.StoreImplBase {
  final Map<String, ByteString> values = new ConcurrentHashMap<>();

  @Override
  public void put(PutRequest request, StreamObserver<PutResponse> answer) {
    if (request.getKey().endsWith(".full")) {
      answer.onError(Status.INTERNAL.withDescription("writing failed").asException());
      return;
    }
    values.put(request.getKey(), request.getValue());
    answer.onNext(PutResponse.getDefaultInstance());
    answer.onCompleted();
  }
}
