package dev.tenon.examples.words;

import com.google.protobuf.ByteString;
import dev.tenon.examples.files.v1.Chunk;
import dev.tenon.examples.files.v1.FilesGrpc;
import dev.tenon.examples.files.v1.ReadRequest;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Files in memory, in the chunks that a test says, and one that never ends. */
final class FakeFiles extends FilesGrpc.FilesImplBase {
  static final String ENDLESS = "/endless";

  private static final Chunk BLOCK =
      Chunk.newBuilder().setData(ByteString.copyFrom(new byte[1024])).build();

  private final Map<String, List<ByteString>> files = new ConcurrentHashMap<>();
  volatile boolean started;
  volatile boolean cancelled;

  void add(String path, ByteString... chunks) {
    files.put(path, List.of(chunks));
  }

  @Override
  public void read(ReadRequest request, StreamObserver<Chunk> answers) {
    if (request.getPath().equals(ENDLESS)) {
      readEndless((ServerCallStreamObserver<Chunk>) answers);
      return;
    }
    List<ByteString> chunks = files.get(request.getPath());
    if (chunks == null) {
      answers.onError(Status.NOT_FOUND.withDescription("no such file").asException());
      return;
    }
    chunks.forEach(chunk -> answers.onNext(Chunk.newBuilder().setData(chunk).build()));
    answers.onCompleted();
  }

  private void readEndless(ServerCallStreamObserver<Chunk> call) {
    call.setOnCancelHandler(() -> cancelled = true);
    call.setOnReadyHandler(
        () -> {
          while (call.isReady() && !call.isCancelled()) {
            call.onNext(BLOCK);
          }
        });
    started = true;
  }
}
