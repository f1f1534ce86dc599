package dev.tenon.examples.words;

import dev.tenon.examples.files.v1.Chunk;
import dev.tenon.examples.files.v1.FilesGrpc.FilesBlockingStub;
import dev.tenon.examples.files.v1.ReadRequest;
import dev.tenon.examples.store.v1.PutRequest;
import dev.tenon.examples.store.v1.StoreGrpc.StoreBlockingStub;
import dev.tenon.examples.words.v1.CountFilesRequest;
import dev.tenon.examples.words.v1.FileStatistics;
import dev.tenon.examples.words.v1.Statistics;
import dev.tenon.examples.words.v1.TextChunk;
import dev.tenon.examples.words.v1.WordsGrpc;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Iterator;

/**
 * Counts text that the caller streams, and files that another plugin streams. Thread-safe.
 *
 * <p>No text is ever held whole: a chunk is counted and forgotten before the next one is asked for.
 * When the caller goes away, gRPC cancels the context of its call, and with it the calls made here.
 */
final class WordsService extends WordsGrpc.WordsImplBase {
  /** Most paths in one request; bounds how many answers can wait for a slow caller. */
  static final int MAX_PATHS = 10_000;

  private final FilesBlockingStub files;
  private final StoreBlockingStub store;
  private final HostLog log;

  WordsService(FilesBlockingStub files, StoreBlockingStub store, HostLog log) {
    this.files = files;
    this.store = store;
    this.log = log;
  }

  @Override
  public StreamObserver<TextChunk> count(StreamObserver<Statistics> answer) {
    TextCounter counter = new TextCounter();
    return new StreamObserver<>() {
      @Override
      public void onNext(TextChunk chunk) {
        counter.add(chunk.getData().asReadOnlyByteBuffer());
      }

      @Override
      public void onError(Throwable cancelled) {
        // The caller has gone: there is nobody to answer, and nothing to put away.
      }

      @Override
      public void onCompleted() {
        answer.onNext(counter.finish());
        answer.onCompleted();
      }
    };
  }

  @Override
  public void countFiles(CountFilesRequest request, StreamObserver<FileStatistics> answers) {
    int asked = request.getPathsCount();
    if (asked > MAX_PATHS) {
      answers.onError(
          Status.INVALID_ARGUMENT
              .withDescription("paths: " + asked + " (expected: at most " + MAX_PATHS + ")")
              .asException());
      return;
    }
    // With a handler, an answer to a caller who has just gone is dropped rather than thrown back.
    ((ServerCallStreamObserver<FileStatistics>) answers).setOnCancelHandler(() -> {});
    log.info("counting: " + asked + " files");
    int counted = 0;
    for (String path : request.getPathsList()) {
      FileStatistics result = countFile(path);
      if (Context.current().isCancelled()) {
        log.warning("counting: cancelled by the caller");
        return;
      }
      counted += result.hasStatistics() ? 1 : 0;
      answers.onNext(result);
    }
    log.info("counting: done, " + counted + " counted, " + (asked - counted) + " failed");
    answers.onCompleted();
  }

  private FileStatistics countFile(String path) {
    FileStatistics.Builder result = FileStatistics.newBuilder().setPath(path);
    Statistics statistics;
    try {
      statistics = countBytes(files.read(ReadRequest.newBuilder().setPath(path).build()));
    } catch (StatusRuntimeException e) {
      return result.setError("files: " + text(e.getStatus())).build();
    }
    try {
      store.put(PutRequest.newBuilder().setKey(path).setValue(statistics.toByteString()).build());
    } catch (StatusRuntimeException e) {
      return result.setError("store: " + text(e.getStatus())).build();
    }
    return result.setStatistics(statistics).build();
  }

  private static Statistics countBytes(Iterator<Chunk> chunks) {
    TextCounter counter = new TextCounter();
    chunks.forEachRemaining(chunk -> counter.add(chunk.getData().asReadOnlyByteBuffer()));
    return counter.finish();
  }

  private static String text(Status status) {
    String description = status.getDescription();
    return description == null ? status.getCode().name() : status.getCode() + ": " + description;
  }
}
