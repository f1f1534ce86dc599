package dev.tenon.router;

import io.grpc.Attributes;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A call to a provider that may be made again: it keeps what its caller does for as long as that is
 * so, and does it again in the next attempt. Its caller sees one call. Thread-safe as {@link
 * ClientCall} is.
 *
 * <p>It is not made again once anything of an answer came, once it was cancelled, or once its
 * caller has sent more than one message: what is kept is one message at most.
 */
final class RepeatedCall<Q, R> extends ClientCall<Q, R> {
  /*
   * What is not volatile is guarded by `this`; nothing is called under it. While there is no target,
   * what the caller does is kept alone; whoever starts an attempt passes on what is kept, and makes
   * it the target when nothing is left of that, so that nothing overtakes anything. An attempt can
   * end before its start returns, and the next one be under way by then: only the current one passes
   * anything on.
   *
   * A committed call is not made again. Once it has its target it keeps nothing, and `direct` saves
   * the lock.
   */
  private static final int MAX_KEPT = 64;

  private final Attempts<Q, R> attempts;
  private @Nullable List<Consumer<ClientCall<Q, R>>> kept = new ArrayList<>();
  private int passed;
  private int messages;
  private boolean isCommitted;
  private @Nullable Attempt current;
  private @Nullable ClientCall<Q, R> target;
  private volatile @Nullable ClientCall<Q, R> direct;
  private volatile @Nullable ClientCall<Q, R> ready;
  private volatile @Nullable CompletableFuture<?> waiting;
  private volatile boolean cancelled;
  private volatile @Nullable Metadata headers;

  /** Where each attempt goes, and whether there is another. Asked about one after the other. */
  interface Attempts<Q, R> {
    /** Returns the first, not started, whose stream {@code watch} is to see. */
    ClientCall<Q, R> first(ClientStreamTracer.Factory watch);

    /** Returns whether one that was sent may be made again. */
    boolean isIdempotent();

    /**
     * Takes that one ended, before anything of an answer came.
     *
     * @param wasSent whether it can have reached its provider
     * @return complete when the next one is due; empty if there is none
     */
    Optional<CompletableFuture<?>> again(Status status, Metadata trailers, boolean wasSent);

    /**
     * Starts the next one by {@code start}, on a thread where the caller wants its events; or tells
     * {@code otherwise} how the call ends in its place, null: as the last one did.
     */
    void next(
        ClientStreamTracer.Factory watch,
        Consumer<ClientCall<Q, R>> start,
        Consumer<@Nullable Status> otherwise);
  }

  RepeatedCall(Attempts<Q, R> attempts) {
    this.attempts = attempts;
  }

  @Override
  public void start(Listener<R> listener, Metadata headers) {
    this.headers = headers;
    Attempt attempt = new Attempt(listener);
    attempt.start(attempts.first(attempt.watch));
  }

  @Override
  public void request(int count) {
    passAndKeep(call -> call.request(count));
  }

  @Override
  public void sendMessage(Q message) {
    if (direct == null) {
      synchronized (this) {
        messages++;
      }
    }
    passAndKeep(call -> call.sendMessage(message));
  }

  @Override
  public void halfClose() {
    passAndKeep(ClientCall::halfClose);
  }

  @Override
  public void setMessageCompression(boolean enabled) {
    passAndKeep(call -> call.setMessageCompression(enabled));
  }

  @Override
  public void cancel(@Nullable String message, @Nullable Throwable cause) {
    cancelled = true;
    CompletableFuture<?> due = waiting;
    if (due != null) {
      due.complete(null);
    }
    passAndKeep(call -> call.cancel(message, cause));
  }

  @Override
  public boolean isReady() {
    ClientCall<Q, R> known = ready;
    return known != null && known.isReady();
  }

  @Override
  public Attributes getAttributes() {
    ClientCall<Q, R> known = direct;
    return known == null ? Attributes.EMPTY : known.getAttributes();
  }

  private void passAndKeep(Consumer<ClientCall<Q, R>> step) {
    ClientCall<Q, R> known = direct;
    if (known == null) {
      synchronized (this) {
        known = target;
        if (kept != null) {
          kept.add(step);
          passed += known == null ? 0 : 1;
        }
        if (messages > 1 || (kept != null && kept.size() > MAX_KEPT)) {
          commit();
        }
      }
    }
    if (known != null) {
      step.accept(known);
    }
  }

  /** Does in {@code attempt} what is kept, and makes it the target. */
  private void pass(Attempt attempt, ClientCall<Q, R> started) {
    while (true) {
      List<Consumer<ClientCall<Q, R>>> steps;
      synchronized (this) {
        List<Consumer<ClientCall<Q, R>>> all = kept;
        if (current != attempt || all == null) {
          return;
        }
        if (passed == all.size()) {
          target = started;
          ready = started;
          if (isCommitted) {
            keepNothing(started);
          }
          return;
        }
        steps = List.copyOf(all.subList(passed, all.size()));
        passed = all.size();
      }
      steps.forEach(step -> step.accept(started));
    }
  }

  /** Takes that the call is not made again. */
  private synchronized void commit() {
    isCommitted = true;
    ClientCall<Q, R> reached = target;
    if (reached != null) {
      keepNothing(reached);
    }
  }

  private void keepNothing(ClientCall<Q, R> reached) {
    kept = null;
    direct = reached;
  }

  private synchronized boolean isCommitted() {
    return isCommitted;
  }

  private synchronized void begin(@Nullable Attempt attempt) {
    current = attempt;
    target = null;
    ready = null;
    passed = 0;
  }

  /** One attempt, and what comes of it. */
  private final class Attempt extends Listener<R> {
    private final Listener<R> listener;
    private volatile boolean wasSent;
    private volatile @Nullable ClientCall<Q, R> call;

    private final ClientStreamTracer.Factory watch =
        new ClientStreamTracer.Factory() {
          @Override
          public ClientStreamTracer newClientStreamTracer(
              ClientStreamTracer.StreamInfo stream, Metadata sent) {
            return new ClientStreamTracer() {
              @Override
              public void outboundHeaders() {
                wasSent = true;
                if (!attempts.isIdempotent()) {
                  commit();
                }
              }
            };
          }
        };

    Attempt(Listener<R> listener) {
      this.listener = listener;
    }

    void start(ClientCall<Q, R> next) {
      call = next;
      begin(this);
      Metadata own = new Metadata();
      Metadata pristine = headers;
      if (pristine != null) {
        own.merge(pristine);
      }
      next.start(this, own);
      pass(this, next);
    }

    @Override
    public void onReady() {
      ready = call;
      listener.onReady();
    }

    @Override
    public void onHeaders(Metadata answer) {
      commit();
      listener.onHeaders(answer);
    }

    @Override
    public void onMessage(R message) {
      commit();
      listener.onMessage(message);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      if (status.isOk() || cancelled || isCommitted()) {
        listener.onClose(status, trailers);
        return;
      }
      Optional<CompletableFuture<?>> due = attempts.again(status, trailers, wasSent);
      if (due.isEmpty()) {
        listener.onClose(status, trailers);
        return;
      }
      begin(null);
      waiting = due.get();
      if (cancelled) {
        due.get().complete(null);
      }
      var unused = due.get().whenComplete((done, failure) -> next(status, trailers));
    }

    private void next(Status status, Metadata trailers) {
      waiting = null;
      Attempt attempt = new Attempt(listener);
      attempts.next(
          attempt.watch,
          attempt::start,
          instead ->
              listener.onClose(
                  instead == null ? status : instead, instead == null ? trailers : new Metadata()));
    }
  }
}
