package dev.tenon.router;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * A {@link DirectCall} as its method sees it. Thread-safe as {@link ServerCall} is, but that {@link
 * #isCancelled} and {@link #request} may be called from any thread.
 */
final class DirectServing<A, B> extends ServerCall<A, B> {
  /*
   * What the method is to be told comes one after another: whoever sets BUSY tells all that is due,
   * and what becomes due meanwhile.
   */
  private static final int BUSY = 1;
  private static final int REQUESTED = 2;
  private static final int CANCELLED = 4;
  private static final int COMPLETED = 8;

  @SuppressWarnings("rawtypes")
  private static final AtomicIntegerFieldUpdater<DirectServing> DUE =
      AtomicIntegerFieldUpdater.newUpdater(DirectServing.class, "due");

  private final DirectCall<?, ?, A, B> call;
  private final ServerMethodDefinition<A, B> served;
  private final Context.CancellableContext context;
  private final Metadata headers;

  @SuppressWarnings("UnusedVariable") // its updater reads it
  private volatile int due = BUSY; // until it is served

  private @Nullable Listener<A> listener;
  private @Nullable A request;
  private volatile @Nullable Metadata responseHeaders;
  private volatile @Nullable B response;

  DirectServing(
      DirectCall<?, ?, A, B> call,
      ServerMethodDefinition<A, B> served,
      Context.CancellableContext context,
      Metadata headers) {
    this.call = call;
    this.served = served;
    this.context = context;
    this.headers = headers;
  }

  /** Lets the method run with {@code message}; null if its caller sent none. */
  void serve(@Nullable A message) {
    request = message;
    Context before = context.attach();
    try {
      Listener<A> told = served.getServerCallHandler().startCall(this, headers);
      listener = told;
      told.onReady();
    } catch (RuntimeException | Error e) {
      call.failed(e);
    }
    try {
      tellDue();
    } finally {
      context.detach(before);
    }
  }

  private void post(int what) {
    if ((DUE.getAndUpdate(this, now -> now | what | BUSY) & BUSY) != 0) {
      return;
    }
    Context before = context.attach();
    try {
      tellDue();
    } finally {
      context.detach(before);
    }
  }

  private void tellDue() {
    while (!DUE.compareAndSet(this, BUSY, 0)) {
      tell(DUE.getAndSet(this, BUSY));
    }
  }

  private void tell(int what) {
    Listener<A> told = listener;
    if (told == null) {
      return;
    }
    try {
      if ((what & REQUESTED) != 0 && !isCancelled()) {
        pass(told);
      }
      if ((what & CANCELLED) != 0) {
        told.onCancel();
      }
      if ((what & COMPLETED) != 0) {
        told.onComplete();
      }
    } catch (RuntimeException | Error e) {
      call.failed(e);
    }
  }

  private void pass(Listener<A> told) {
    A message = request;
    request = null;
    if (message != null) {
      told.onMessage(message);
      told.onHalfClose();
    }
  }

  /** Takes that the call ended with {@code status}, by our side. */
  void cancelled(Status status) {
    context.cancel(status.asRuntimeException());
    post(CANCELLED);
  }

  /** Takes that the caller was told how the method ended the call. */
  void completed(boolean isOk) {
    if (isOk) {
      post(COMPLETED);
    }
    context.cancel(null);
  }

  @Nullable Metadata responseHeaders() {
    return responseHeaders;
  }

  @Nullable B response() {
    return response;
  }

  @Override
  public void request(int messages) {
    post(REQUESTED);
  }

  @Override
  public void sendHeaders(Metadata sent) {
    responseHeaders = sent;
  }

  @Override
  public void sendMessage(B message) {
    if (response != null) {
      call.closed(Status.INTERNAL.withDescription("Too many responses"), new Metadata());
      return;
    }
    response = message;
  }

  @Override
  public void close(Status status, Metadata trailers) {
    if (status.isOk() && response == null) {
      call.closed(Status.INTERNAL.withDescription("Completed without a response"), new Metadata());
    } else {
      call.closed(status, trailers);
    }
  }

  @Override
  public boolean isCancelled() {
    return call.isCancelled();
  }

  @Override
  public MethodDescriptor<A, B> getMethodDescriptor() {
    return served.getMethodDescriptor();
  }
}
