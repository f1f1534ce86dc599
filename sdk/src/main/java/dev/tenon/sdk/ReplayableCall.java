package dev.tenon.sdk;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.Callback;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A call whose client sends one message, which is kept until the first response: when the host does
 * not accept the identity, the call waits for a renewal and is made once more.
 *
 * <p>As thread-safe as gRPC asks: {@code request} and {@code cancel} come from anywhere.
 */
final class ReplayableCall<Q, R> extends ClientCall<Q, R> {
  private final RetryAfterRenewal retry;
  private final MethodDescriptor<Q, R> method;
  private final CallOptions options;
  private final Channel next;
  private final Context context = Context.current();
  private final boolean isCallback;

  /*
   * Fields below are touched under `this`; nothing is called out to meanwhile. The caller has sent all
   * it has to send before anything is replayed: a refusal waits for the half-close, and a half-close
   * finds the refusal, so that the two attempts never mix. Between them, `attempt` is the first one,
   * which is over and takes requests without effect; they are counted and made again.
   */
  private ClientCall<Q, R> attempt;
  private @Nullable First first;
  private @Nullable Q message;
  private @Nullable Cancellation cancellation;
  private boolean halfClosed;
  private int requested;

  /** Why the caller gave up. */
  private record Cancellation(@Nullable String message, @Nullable Throwable cause) {}

  ReplayableCall(
      RetryAfterRenewal retry, MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    this.retry = retry;
    this.method = method;
    this.options = options;
    this.next = next;
    isCallback = Callback.current(method.getServiceName()).isPresent();
    attempt = next.newCall(method, options);
  }

  private synchronized ClientCall<Q, R> attempt() {
    return attempt;
  }

  @Override
  public void start(Listener<R> listener, Metadata headers) {
    First watching = new First(listener, copy(headers));
    synchronized (this) {
      first = watching;
    }
    attempt().start(watching, headers);
  }

  private static Metadata copy(Metadata headers) {
    Metadata copy = new Metadata();
    copy.merge(headers);
    return copy;
  }

  @Override
  public void request(int messages) {
    ClientCall<Q, R> to;
    synchronized (this) {
      int sum = requested + messages;
      requested = sum < 0 ? Integer.MAX_VALUE : sum;
      to = attempt;
    }
    to.request(messages);
  }

  @Override
  public void sendMessage(Q only) {
    synchronized (this) {
      message = only;
    }
    attempt().sendMessage(only);
  }

  @Override
  public void halfClose() {
    attempt().halfClose();
    First watching;
    synchronized (this) {
      halfClosed = true;
      watching = first;
    }
    requireNonNull(watching, "start").renewIfRefused();
  }

  @Override
  public void cancel(@Nullable String why, @Nullable Throwable cause) {
    First watching;
    synchronized (this) {
      cancellation = new Cancellation(why, cause);
      watching = first;
    }
    attempt().cancel(why, cause);
    if (watching != null) {
      watching.replayIfRefused();
    }
  }

  @Override
  public boolean isReady() {
    return attempt().isReady();
  }

  @Override
  public void setMessageCompression(boolean enabled) {
    attempt().setMessageCompression(enabled);
  }

  @Override
  public io.grpc.Attributes getAttributes() {
    return attempt().getAttributes();
  }

  /** The listener of the first attempt. */
  private final class First extends SimpleForwardingClientCallListener<R> {
    private final Listener<R> listener;
    private final Metadata headers;
    private final LiveIdentity used = retry.identity().now();
    private final long startNanos = System.nanoTime();
    private final AtomicBoolean renewing = new AtomicBoolean();

    /** Complete when the wait for a renewal is over; what it held on to is let go then. */
    private final CompletableFuture<Void> settled = new CompletableFuture<>();

    private volatile boolean answered;
    private volatile @Nullable Refused refused;

    /** How the host refused. */
    private final class Refused {
      private final Status status;
      private final Metadata trailers;

      Refused(Status status, Metadata trailers) {
        this.status = status;
        this.trailers = trailers;
      }

      /** Returns whether another grant may help; one that came with a call has no successor. */
      boolean isOfGrant() {
        return !isCallback && RetryAfterRenewal.isGrantRefusal(status, trailers);
      }
    }

    First(Listener<R> listener, Metadata headers) {
      super(listener);
      this.listener = listener;
      this.headers = headers;
    }

    @Override
    public void onHeaders(Metadata responseHeaders) {
      answered();
      super.onHeaders(responseHeaders);
    }

    @Override
    public void onMessage(R response) {
      answered();
      super.onMessage(response);
    }

    private void answered() {
      answered = true;
      synchronized (ReplayableCall.this) {
        message = null;
      }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      Refused why = new Refused(status, trailers);
      if (answered || !(why.isOfGrant() || RetryAfterRenewal.isRefusal(status, trailers))) {
        super.onClose(status, trailers);
        return;
      }
      refused = why;
      if (hasHalfClosed()) {
        renewIfRefused();
      }
      if (isCancelled()) {
        replayIfRefused();
      }
    }

    /** Begins the renewal, once, if the host has refused. */
    void renewIfRefused() {
      Refused why = refused;
      if (why == null || !renewing.compareAndSet(false, true)) {
        return;
      }
      CompletableFuture<Boolean> renewed =
          why.isOfGrant()
              ? CompletableFuture.completedFuture(
                  retry.grants().refused(String.valueOf(method.getServiceName()), startNanos))
              : retry.care().renewed(used);
      Deadline deadline = options.getDeadline();
      if (deadline != null && !renewed.isDone()) {
        Duration rest = Duration.ofNanos(Math.max(0, deadline.timeRemaining(TimeUnit.NANOSECONDS)));
        onSettled(retry.timer().after(rest, this::replayIfRefused)::drop);
      }
      Context.CancellationListener gone = cancelled -> replayIfRefused();
      context.addListener(gone, Runnable::run);
      onSettled(() -> context.removeListener(gone));
      var unused = renewed.thenAccept(isRenewed -> settle(isRenewed, why));
    }

    private void onSettled(Runnable release) {
      var unused = settled.thenRun(release);
    }

    private void settle(boolean isRenewed, Refused why) {
      if (isRenewed) {
        replayIfRefused();
      } else if (settled.complete(null)) {
        retry.executor(options).execute(() -> listener.onClose(why.status, why.trailers));
      }
    }

    /**
     * Makes the call again, once, if the host has refused: after a renewal, or because deadline or
     * caller have ended it, which the second attempt then tells the caller.
     */
    void replayIfRefused() {
      if (refused != null && settled.complete(null)) {
        context.run(() -> replay(listener, headers));
      }
    }
  }

  private synchronized boolean hasHalfClosed() {
    return halfClosed;
  }

  private synchronized boolean isCancelled() {
    return cancellation != null;
  }

  private void replay(Listener<R> listener, Metadata headers) {
    ClientCall<Q, R> second = next.newCall(method, options);
    second.start(new Second(listener), headers);
    int outstanding;
    Q again;
    Cancellation cancelled;
    synchronized (this) {
      attempt = second;
      outstanding = requested;
      again = message;
      message = null;
      cancelled = cancellation;
    }
    if (cancelled != null) {
      second.cancel(cancelled.message(), cancelled.cause());
      return;
    }
    if (outstanding > 0) {
      second.request(outstanding);
    }
    if (again != null) {
      second.sendMessage(again);
    }
    second.halfClose();
  }

  /** The listener of the second attempt, after which there is no third. */
  private final class Second extends SimpleForwardingClientCallListener<R> {
    Second(Listener<R> listener) {
      super(listener);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      if (RetryAfterRenewal.isRefusal(status, trailers)) {
        retry.care().useless();
      }
      super.onClose(status, trailers);
    }
  }
}
