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
   * What the method is to be told comes one after another: whoever takes IDLE out of `due` tells all
   * that is due, and what becomes due meanwhile. It begins without IDLE, and so does `serve`, whose
   * thread needs no word to itself.
   */
  private static final int IDLE = 1;
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
  private volatile int due;

  /** The thread that is in {@link #serve}; of use to that thread alone. */
  private @Nullable Thread here;

  private boolean isRequestedHere;
  private @Nullable Listener<A> listener;
  private @Nullable A request;
  private @Nullable Metadata responseHeaders;
  private @Nullable B response;

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
    here = Thread.currentThread();
    Context before = context.attach();
    try {
      run();
      here = null;
      if (call.isCompletedByServing()) {
        finish();
      }
      tellDue();
    } finally {
      context.detach(before);
    }
  }

  private void run() {
    try {
      Listener<A> told = served.getServerCallHandler().startCall(this, headers);
      listener = told;
      told.onReady();
      if (isRequestedHere && !isCancelled()) {
        pass(told);
      }
    } catch (RuntimeException | Error e) {
      call.failed(e);
    }
  }

  private void finish() {
    if (call.isOk()) {
      tell(COMPLETED);
    }
    context.cancel(null);
  }

  /** Returns whether this is the thread that runs the method. */
  boolean isOnItsThread() {
    return here == Thread.currentThread();
  }

  private void post(int what) {
    int now;
    do {
      now = due;
    } while (!DUE.compareAndSet(this, now, (now | what) & ~IDLE));
    if ((now & IDLE) == 0) {
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
    while (!DUE.compareAndSet(this, 0, IDLE)) {
      tell(DUE.getAndSet(this, 0));
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
    if (isOnItsThread()) {
      isRequestedHere = true;
    } else {
      post(REQUESTED);
    }
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
