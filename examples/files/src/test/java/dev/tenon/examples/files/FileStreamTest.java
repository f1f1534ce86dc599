package dev.tenon.examples.files;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.examples.files.v1.Chunk;
import dev.tenon.examples.files.v1.FilesGrpc;
import dev.tenon.examples.files.v1.ReadRequest;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Streams at the caller's pace, and closes the file whatever happens. */
final class FileStreamTest {
  private static final long SIZE = 64L * 1024 * 1024;

  private final AtomicInteger sent = new AtomicInteger();
  @TempDir Path directory;

  @Test
  void send_slowReader_isNeverMoreThanOneChunkAhead() throws IOException {
    TrackedFile file = sparseFile();
    try (InProcess service = serving(file)) {
      SlowReader reader = read(service);
      while (reader.end == null) {
        reader.call().request(1);
        assertThat(sent.get() - reader.chunks).isBetween(0, 1);
      }

      assertThat(reader.end.isOk()).isTrue();
      assertThat(reader.bytes).isEqualTo(SIZE);
      assertThat(file.closed).isTrue();
    }
  }

  @Test
  void send_readerThatNeverAsks_sendsAtMostOneChunk() throws IOException {
    try (InProcess service = serving(sparseFile())) {
      read(service);

      assertThat(sent.get()).isLessThanOrEqualTo(1);
    }
  }

  @Test
  void send_cancelledByReader_stopsAndClosesTheFile() throws IOException {
    TrackedFile file = sparseFile();
    try (InProcess service = serving(file)) {
      SlowReader reader = read(service);
      reader.call().request(3);
      assertThat(file.closed).isFalse();

      reader.call().cancel("enough", null);

      assertThat(file.closed).isTrue();
      assertThat(sent.get()).isLessThanOrEqualTo(4);
    }
  }

  @Test
  void send_readingFails_isInternalAndClosesTheFile() throws IOException {
    TrackedFile file = sparseFile();
    try (InProcess service = serving(file)) {
      SlowReader reader = read(service);
      reader.call().request(3);
      file.broken = true;
      reader.call().request(3);

      Status end = requireNonNull(reader.end);
      assertThat(end.getCode()).isEqualTo(Status.Code.INTERNAL);
      assertThat(end.getDescription()).isEqualTo("reading failed");
      assertThat(file.closed).isTrue();
    }
  }

  private TrackedFile sparseFile() throws IOException {
    Path path = directory.resolve("sparse");
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(SIZE);
    }
    return new TrackedFile(Files.newInputStream(path));
  }

  private InProcess serving(InputStream file) throws IOException {
    return new InProcess(
        new FilesGrpc.FilesImplBase() {
          @Override
          public void read(ReadRequest request, StreamObserver<Chunk> answers) {
            FileStream.start(file, (ServerCallStreamObserver<Chunk>) answers);
          }
        },
        new CountSent());
  }

  private static SlowReader read(InProcess service) {
    SlowReader reader = new SlowReader();
    FilesGrpc.newStub(service.channel()).read(ReadRequest.getDefaultInstance(), reader);
    return reader;
  }

  /** Counts what the service hands to gRPC, received or not. */
  private final class CountSent implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      return next.startCall(
          new SimpleForwardingServerCall<Q, R>(call) {
            @Override
            public void sendMessage(R message) {
              sent.incrementAndGet();
              super.sendMessage(message);
            }
          },
          headers);
    }
  }

  /** Takes a chunk only when the test asks for one. */
  private static final class SlowReader implements ClientResponseObserver<ReadRequest, Chunk> {
    private @Nullable ClientCallStreamObserver<ReadRequest> call;
    private int chunks;
    private long bytes;
    private @Nullable Status end;

    @Override
    public void beforeStart(ClientCallStreamObserver<ReadRequest> call) {
      call.disableAutoRequestWithInitial(0);
      this.call = call;
    }

    ClientCallStreamObserver<ReadRequest> call() {
      return requireNonNull(call);
    }

    @Override
    public void onNext(Chunk chunk) {
      chunks++;
      bytes += chunk.getData().size();
    }

    @Override
    public void onError(Throwable failure) {
      end = Status.fromThrowable(failure);
    }

    @Override
    public void onCompleted() {
      end = Status.OK;
    }
  }

  /** A file that knows whether it was closed, and can break. */
  private static final class TrackedFile extends FilterInputStream {
    private boolean closed;
    private boolean broken;

    TrackedFile(InputStream file) {
      super(file);
    }

    @Override
    public int readNBytes(byte[] buffer, int offset, int length) throws IOException {
      if (broken) {
        throw new IOException("broken by the test");
      }
      return super.readNBytes(buffer, offset, length);
    }

    @Override
    public void close() throws IOException {
      closed = true;
      super.close();
    }
  }
}
