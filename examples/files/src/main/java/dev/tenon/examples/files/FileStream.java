package dev.tenon.examples.files;

import com.google.protobuf.ByteString;
import dev.tenon.examples.files.v1.Chunk;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * One file on its way to one caller, as fast as the caller takes it. Needs one chunk of memory,
 * however large the file is. The file is closed when the call ends, whoever ended it.
 */
final class FileStream {
  static final int CHUNK_BYTES = 64 * 1024;

  private static final Logger LOG = System.getLogger(FileStream.class.getName());

  /*
   * gRPC runs the handlers of one call one after the other, never two at a time. It calls `send`
   * once at the start and again each time the call becomes ready for more.
   */
  private final InputStream file;
  private final ServerCallStreamObserver<Chunk> call;
  private final byte[] buffer = new byte[CHUNK_BYTES];
  private boolean ended;

  private FileStream(InputStream file, ServerCallStreamObserver<Chunk> call) {
    this.file = file;
    this.call = call;
  }

  /** Starts to stream {@code file}, and closes it in the end; call it from the service's method. */
  static void start(InputStream file, ServerCallStreamObserver<Chunk> call) {
    FileStream stream = new FileStream(file, call);
    call.setOnCancelHandler(stream::close);
    call.setOnCloseHandler(stream::close);
    call.setOnReadyHandler(stream::send);
  }

  private void send() {
    try {
      while (!ended && call.isReady() && !call.isCancelled()) {
        int read = file.readNBytes(buffer, 0, buffer.length);
        if (read > 0) {
          call.onNext(Chunk.newBuilder().setData(ByteString.copyFrom(buffer, 0, read)).build());
        }
        if (read < buffer.length) {
          close();
          call.onCompleted();
        }
      }
    } catch (IOException e) {
      LOG.log(Level.WARNING, "reading failed", e);
      close();
      call.onError(Status.INTERNAL.withDescription("reading failed").asException());
    }
  }

  private void close() {
    ended = true;
    try {
      file.close();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "cannot close a file", e);
    }
  }
}
