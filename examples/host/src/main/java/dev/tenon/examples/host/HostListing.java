package dev.tenon.examples.host;

import dev.tenon.examples.host.v1.ListRequest;
import dev.tenon.examples.host.v1.ListResponse;
import dev.tenon.examples.host.v1.ListingGrpc;
import io.grpc.stub.StreamObserver;
import java.util.List;

/** The host service that says which files may be read: those of the command line. */
final class HostListing extends ListingGrpc.ListingImplBase {
  private final ListResponse listed;

  HostListing(List<String> realPaths) {
    listed = ListResponse.newBuilder().addAllPaths(realPaths).build();
  }

  @Override
  public void list(ListRequest request, StreamObserver<ListResponse> observer) {
    observer.onNext(listed);
    observer.onCompleted();
  }
}
