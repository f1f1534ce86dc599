package dev.tenon.router;

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
   * Whoever sets `ended` first, the method or our side, decides how the call ends. The caller is told
   * when it has ended and, where there is a response, asked for one: `ended` and `isWanted` are set
   * before the other is read, and `isTold` goes to one thread alone.
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
  private final boolean isTimed;
  private @Nullable Listener<R> listener;
  private @Nullable DirectServing<A, B> serving;
  private @Nullable Q request;
  private volatile boolean isWanted;

  @SuppressWarnings("UnusedVariable") // its updater reads it
  private volatile int told;

  private volatile @Nullable Ended ended;

  /** how the call ended; {@code byMethod}: by the method, and not by our side. */
  private record Ended(Status status, Metadata trailers, boolean byMethod) {}

  /**
   * Makes a call of {@code served}.
   *
   * @param caller the context that says who calls
   * @param providerStatus is told the status that the method gave
   */
  DirectCall(
      DirectServices services,
      MethodDescriptor<Q, R> method,
      ServerMethodDefinition<A, B> served,
      ChannelCaller side,
      Context caller,
      ProviderStatus providerStatus) {
    this.services = services;
    this.method = method;
    this.served = served;
    this.side = side;
    this.providerStatus = providerStatus;
    Deadline deadline = side.deadline();
    this.isTimed = deadline != null;
    this.context =
        deadline == null
            ? caller.withCancellation()
            : caller.withDeadline(deadline, services.timer());
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
    isWanted = true;
    tell();
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
    if (ended != null) {
      return;
    }
    Q message = request;
    to.serve(message == null ? null : taken(message));
    if (ended == null) {
      services.add(this);
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

  /** Takes how the method ended the call. */
  void closed(Status status, Metadata trailers) {
    ended(status, trailers, /* byMethod= */ true);
  }

  private void ended(Status status, Metadata trailers, boolean byMethod) {
    if (!ENDED.compareAndSet(this, null, new Ended(status, trailers, byMethod))) {
      return;
    }
    services.remove(this);
    side.context().removeListener(callerGone);
    if (!byMethod) {
      DirectServing<A, B> to = serving;
      if (to != null) {
        to.cancelled(status);
      }
    }
    tell();
  }

  boolean isCancelled() {
    Ended how = ended;
    return how != null && !how.byMethod;
  }

  private void tell() {
    Ended how = ended;
    DirectServing<A, B> from = serving;
    if (how == null || from == null) {
      return;
    }
    boolean waits = how.byMethod && from.response() != null && !isWanted;
    if (!waits && TOLD.compareAndSet(this, 0, 1)) {
      side.execute(this);
    }
  }

  /** Tells the caller, where it wants its events. */
  @Override
  public void run() {
    Ended how = ended;
    DirectServing<A, B> from = serving;
    Listener<R> to = listener;
    if (how == null || from == null || to == null) {
      return;
    }
    if (how.byMethod) {
      Metadata headers = from.responseHeaders();
      if (headers != null) {
        to.onHeaders(headers);
      }
      B response = from.response();
      if (response != null) {
        to.onMessage(given(response));
      }
      providerStatus.sent(how.status);
    }
    to.onClose(how.status, how.trailers);
    from.completed(how.byMethod && how.status.isOk());
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
    LOG.log(Level.WARNING, "a service of the host failed", failure);
    closed(Status.UNKNOWN.withDescription("Application error processing RPC"), new Metadata());
  }
}
