package dev.tenon.registry.etcd;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.WatchCreateRequest;
import io.etcd.jetcd.api.WatchGrpc;
import io.etcd.jetcd.api.WatchRequest;
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import org.jspecify.annotations.Nullable;

/**
 * One stream of what happens below a prefix. The next answer comes when the last one was done with,
 * so that a slow reader holds the stream back and not its memory.
 */
final class EtcdWatch implements ClientResponseObserver<WatchRequest, WatchResponse> {
  /** Told on a thread of gRPC, on which nothing may block. */
  interface Listener {
    /** There is an answer; {@link EtcdWatch#next} brings the one after it. */
    void answered(EtcdWatch watch, WatchResponse response);

    /** There will be no more. */
    void ended(EtcdWatch watch, String why);
  }

  private final Listener listener;
  private volatile @Nullable ClientCallStreamObserver<WatchRequest> requests;

  private EtcdWatch(Listener listener) {
    this.listener = listener;
  }

  static EtcdWatch open(Channel channel, ByteString prefix, long from, Listener listener) {
    EtcdWatch watch = new EtcdWatch(listener);
    WatchGrpc.newStub(channel)
        .watch(watch)
        .onNext(
            WatchRequest.newBuilder()
                .setCreateRequest(
                    WatchCreateRequest.newBuilder()
                        .setKey(prefix)
                        .setRangeEnd(EtcdKeys.endOf(prefix))
                        .setStartRevision(from))
                .build());
    return watch;
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<WatchRequest> stream) {
    requests = stream;
    stream.disableAutoRequestWithInitial(1);
  }

  /** Asks for the next answer. */
  void next() {
    ClientCallStreamObserver<WatchRequest> stream = requests;
    if (stream != null) {
      stream.request(1);
    }
  }

  /** Ends the stream. */
  void cancel() {
    ClientCallStreamObserver<WatchRequest> stream = requests;
    if (stream != null) {
      stream.cancel("no longer needed", null);
    }
  }

  @Override
  public void onNext(WatchResponse response) {
    listener.answered(this, response);
  }

  @Override
  public void onError(Throwable thrown) {
    listener.ended(this, Status.fromThrowable(thrown).getCode().toString());
  }

  @Override
  public void onCompleted() {
    listener.ended(this, "it was closed");
  }
}
