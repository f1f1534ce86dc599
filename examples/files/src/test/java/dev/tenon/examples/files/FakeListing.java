package dev.tenon.examples.files;

import dev.tenon.examples.host.v1.ListRequest;
import dev.tenon.examples.host.v1.ListResponse;
import dev.tenon.examples.host.v1.ListingGrpc;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.List;

/** A host whose list a test writes; it fails until it has one. */
final class FakeListing extends ListingGrpc.ListingImplBase {
  private volatile ListResponse list = ListResponse.getDefaultInstance();
  private volatile Status status = Status.PERMISSION_DENIED.withDescription("not allowed");

  void lists(Object... paths) {
    list =
        ListResponse.newBuilder()
            .addAllPaths(List.of(paths).stream().map(Object::toString).toList())
            .build();
    status = Status.OK;
  }

  @Override
  public void list(ListRequest request, StreamObserver<ListResponse> answer) {
    if (!status.isOk()) {
      answer.onError(status.asException());
      return;
    }
    answer.onNext(list);
    answer.onCompleted();
  }
}
