package dev.tenon.examples.store;

import dev.tenon.examples.store.v1.Entry;
import io.grpc.stub.ServerCallStreamObserver;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.stream.Stream;

/**
 * Entries on their way to one caller, read from the disk as fast as the caller takes them. The
 * stream is closed when the call ends, whoever ended it.
 */
final class EntryStream {
  /* gRPC runs the handlers of one call one after the other, never two at a time. */
  private final Stream<Entry> entries;
  private final Iterator<Entry> next;
  private final ServerCallStreamObserver<Entry> call;
  private boolean ended;

  private EntryStream(Stream<Entry> entries, ServerCallStreamObserver<Entry> call) {
    this.entries = entries;
    this.next = entries.iterator();
    this.call = call;
  }

  /** Starts to send {@code entries}, and closes them in the end; call it from the service. */
  static void start(Stream<Entry> entries, ServerCallStreamObserver<Entry> call) {
    EntryStream stream = new EntryStream(entries, call);
    call.setOnCancelHandler(stream::close);
    call.setOnCloseHandler(stream::close);
    call.setOnReadyHandler(stream::send);
  }

  private void send() {
    try {
      while (!ended && call.isReady() && !call.isCancelled()) {
        if (next.hasNext()) {
          call.onNext(next.next());
        } else {
          close();
          call.onCompleted();
        }
      }
    } catch (UncheckedIOException e) {
      close();
      call.onError(StoreService.failed("reading failed", e));
    }
  }

  private void close() {
    ended = true;
    entries.close();
  }
}
