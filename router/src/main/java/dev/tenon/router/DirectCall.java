package dev.tenon.router;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import com.google.protobuf.MessageLite;
import dev.tenon.core.NotGrantedException;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * A unary call of a method in this process, which runs on the thread that half-closes the call. The
 * caller is told where it wants its events, once: headers, message and status one after another.
 * Thread-safe as {@link ClientCall} is.
 *
 * @param <A> the request as the method takes it
 * @param <B> the response as it gives it
 */
final class DirectCall<Q, R, A, B> extends ClientCall<Q, R> implements Runnable {
  /*
   * Whoever sets `ended` first, the method or our side, decides how the call ends, and tells the
   * caller; but where there is a response that the caller has not asked for when it half-closed, it is
   * told once it has: `ended` and `isWanted` are set before the other is read then, and `told` goes to
   * one thread alone. Fields that are not volatile belong to the caller's thread, and are read by
   * others after `ended` or after what took them the method.
   *
   * A deadline that all calls of a moment share has no timer: that is set if the method returns and
   * has not answered. So a method that does what it says costs no timer.
   */
  private static final System.Logger LOG = System.getLogger(DirectCall.class.getName());

  @SuppressWarnings("rawtypes")
  private static final AtomicReferenceFieldUpdater<DirectCall, Ended> ENDED =
      AtomicReferenceFieldUpdater.newUpdater(DirectCall.class, Ended.class, "ended");

  @SuppressWarnings("rawtypes")
  private static final AtomicIntegerFieldUpdater<DirectCall> TOLD =
      AtomicIntegerFieldUpdater.newUpdater(DirectCall.class, "told");

  private final DirectServices services;
  private final MethodDescriptor<Q, R> method;
  private final ServerMethodDefinition<A, B> served;
  private final ChannelCaller side;
  private final ProviderStatus providerStatus;
  private final Context.CancellableContext context;
  private final Context.CancellationListener callerGone = this::callerGone;

  /** Of a call without a timer of its own; null if it has one, or no deadline. */
  private final @Nullable Deadline untimed;

  private final boolean isTimed;
  private @Nullable Listener<R> listener;
  private @Nullable DirectServing<A, B> serving;
  private @Nullable Q request;
  private boolean isAskedBefore;
  private boolean isHalfClosed;
  private boolean isCompletedByServing;
  private volatile boolean isWanted;
  private volatile boolean isLeftOpen;
  private volatile @Nullable Future<?> timer;

  @SuppressWarnings("UnusedVariable") // its updater reads it
  private volatile int told;

  private volatile @Nullable Ended ended;

  /** how the call ended; {@code byMethod}: by the method, and not by our side. */
  private record Ended(Status status, Metadata trailers, boolean byMethod) {}

  /**
   * Makes a call of {@code served}.
   *
   * @param caller who calls
   * @param route where it goes
   * @param providerStatus is told the status that the method gave
   */
  DirectCall(
      DirectServices services,
      MethodDescriptor<Q, R> method,
      ServerMethodDefinition<A, B> served,
      ChannelCaller side,
      Route route,
      KnownCaller caller,
      ProviderStatus providerStatus) {
    this.services = services;
    this.method = method;
    this.served = served;
    this.side = side;
    this.providerStatus = providerStatus;
    Deadline deadline = side.deadline();
    this.isTimed = side.options().getDeadline() != null;
    this.untimed = isTimed ? null : deadline;
    if (deadline == null) {
      this.context = route.context(caller.context()).withCancellation();
    } else if (isTimed) {
      this.context = route.context(caller.context()).withDeadline(deadline, services.timer());
    } else {
      this.context = route.context(caller.context(deadline)).withCancellation();
    }
  }

  @Override
  public void start(Listener<R> listener, Metadata headers) {
    this.listener = listener;
    this.serving = new DirectServing<>(this, served, context, headers);
    side.context().addListener(callerGone, Runnable::run);
    if (isTimed) {
      context.addListener(
          over -> {
            if (over.cancellationCause() instanceof TimeoutException) {
              end(Status.DEADLINE_EXCEEDED);
            }
          },
          Runnable::run);
    }
  }

  private void callerGone(Context gone) {
    boolean isLate = gone.getDeadline() != null && side.isPastDeadline();
    end(isLate ? Status.DEADLINE_EXCEEDED : Status.CANCELLED);
  }

  @Override
  public void request(int messages) {
    if (!isHalfClosed) {
      isAskedBefore = true;
    } else if (!isAskedBefore) {
      isWanted = true;
      tellWanted();
    }
  }

  @Override
  public void sendMessage(Q message) {
    if (request != null) {
      throw new IllegalStateException("messages: two (expected: one request)");
    }
    request = message;
  }

  @Override
  public void halfClose() {
    DirectServing<A, B> to = serving;
    if (to == null) {
      throw new IllegalStateException("not started");
    }
    isHalfClosed = true;
    if (ended != null) {
      return;
    }
    if (services.isClosed()) {
      end(Status.UNAVAILABLE);
      return;
    }
    Q message = request;
    to.serve(message == null ? null : taken(message));
    if (ended == null) {
      leaveOpen();
    }
  }

  /** Goes on although the method has returned, as it may. */
  private void leaveOpen() {
    isLeftOpen = true;
    services.add(this);
    Deadline deadline = untimed;
    if (deadline != null) {
      timer =
          services
              .timer()
              .schedule(
                  () -> end(Status.DEADLINE_EXCEEDED),
                  deadline.timeRemaining(NANOSECONDS),
                  NANOSECONDS);
      if (ended != null) {
        stopTimer();
      }
    }
  }

  private void stopTimer() {
    Future<?> set = timer;
    if (set != null) {
      set.cancel(/* mayInterruptIfRunning= */ false);
    }
  }

  @Override
  public boolean isReady() {
    return ended == null;
  }

  @Override
  public void cancel(@Nullable String message, @Nullable Throwable cause) {
    end(Status.CANCELLED.withDescription(message).withCause(cause));
  }

  boolean isOver() {
    return ended != null;
  }

  /** Ends the call from our side. */
  void end(Status status) {
    ended(status, new Metadata(), /* byMethod= */ false);
  }

  /** Takes how the method ended the call; after its services were closed it has no say. */
  void closed(Status status, Metadata trailers) {
    if (services.isClosed()) {
      end(Status.UNAVAILABLE);
    } else {
      ended(status, trailers, /* byMethod= */ true);
    }
  }

  private void ended(Status status, Metadata trailers, boolean byMethod) {
    if (!ENDED.compareAndSet(this, null, new Ended(status, trailers, byMethod))) {
      return;
    }
    if (isLeftOpen) {
      services.remove(this);
      stopTimer();
    }
    side.context().removeListener(callerGone);
    DirectServing<A, B> from = serving;
    if (byMethod && from != null) {
      if (from.response() != null && !isAskedBefore) {
        tellWanted();
        return;
      }
      isCompletedByServing = from.isOnItsThread();
    } else if (from != null) {
      from.cancelled(status);
    }
    side.executeBare(this);
  }

  boolean isCancelled() {
    Ended how = ended;
    return how != null && !how.byMethod;
  }

  /** Returns whether the method's side completes the call itself, on the thread that asks. */
  boolean isCompletedByServing() {
    return isCompletedByServing;
  }

  /** Returns whether the method ended the call well. */
  boolean isOk() {
    Ended how = ended;
    return how != null && how.byMethod && how.status.isOk();
  }

  /** Tells of a response that the caller had not asked for, once it has. */
  private void tellWanted() {
    Ended how = ended;
    DirectServing<A, B> from = serving;
    boolean waits = how != null && how.byMethod && from != null && from.response() != null;
    if (waits && isWanted && TOLD.compareAndSet(this, 0, 1)) {
      side.executeBare(this);
    }
  }

  /** Tells the caller, where it wants its events. */
  @Override
  @SuppressWarnings("ReferenceEquality") // the very context
  public void run() {
    if (Context.current() == side.context()) {
      tell();
    } else {
      side.context().run(this::tell);
    }
  }

  private void tell() {
    Ended how = ended;
    DirectServing<A, B> from = serving;
    Listener<R> to = listener;
    if (how == null || to == null) {
      return;
    }
    if (how.byMethod && from != null) {
      Metadata headers = from.responseHeaders();
      if (headers != null) {
        to.onHeaders(headers);
      }
      B response = from.response();
      if (response != null) {
        to.onMessage(given(response));
      }
      providerStatus.sent(how.status, headers != null || response != null);
    }
    to.onClose(how.status, how.trailers);
    if (from != null && !isCompletedByServing) {
      from.completed(how.byMethod && how.status.isOk());
    }
  }

  @SuppressWarnings({"unchecked", "ReferenceEquality"}) // The same marshaller is of the same type.
  private A taken(Q message) {
    Marshaller<A> theirs = served.getMethodDescriptor().getRequestMarshaller();
    return (Object) theirs == method.getRequestMarshaller() && message instanceof MessageLite
        ? (A) message
        : theirs.parse(method.streamRequest(message));
  }

  @SuppressWarnings({"unchecked", "ReferenceEquality"}) // as above
  private R given(B message) {
    Marshaller<B> theirs = served.getMethodDescriptor().getResponseMarshaller();
    return (Object) theirs == method.getResponseMarshaller() && message instanceof MessageLite
        ? (R) message
        : method.parseResponse(theirs.stream(message));
  }

  /** Takes that the method threw {@code failure}. */
  void failed(Throwable failure) {
    if (failure instanceof NotGrantedException refused) {
      Metadata trailers = refused.getTrailers();
      closed(refused.getStatus(), trailers == null ? new Metadata() : trailers);
      return;
    }
    LOG.log(Level.WARNING, "a service inside the host failed", failure);
    closed(Status.UNKNOWN.withDescription("Application error processing RPC"), new Metadata());
  }
}
