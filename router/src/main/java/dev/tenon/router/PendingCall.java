package dev.tenon.router;

import io.grpc.Attributes;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A call whose provider is not there yet: it keeps what its caller does, and does it again once
 * there is a call to a provider. Thread-safe as {@link ClientCall} is.
 *
 * <p>It is not ready before its provider is, so whoever honours flow control, the relay above all,
 * hands it one message at most until then. It waits for nothing itself and blocks nobody.
 */
final class PendingCall<Q, R> extends ClientCall<Q, R> {
  /*
   * `kept` is guarded by `this`. `target` is set under it when nothing is left in it, so that what
   * the caller does next cannot overtake what it did before; until then everything is kept.
   *
   * A provider's call may be ready while its start has not returned, and says so once. `ready` is set
   * before that is told: whoever asks after it was told, and would otherwise wait for ever, sees it.
   */
  private List<Consumer<ClientCall<Q, R>>> kept = new ArrayList<>();
  private volatile @Nullable ClientCall<Q, R> target;
  private volatile @Nullable ClientCall<Q, R> ready;

  /** Notes that {@code started} is about to say that it is ready. */
  void readyBy(ClientCall<Q, R> started) {
    ready = started;
  }

  /**
   * Does on {@code started} what was kept, and passes everything on from then on. If it cannot be
   * done, the call is cancelled, so that it does not go on with nobody to count it.
   */
  void passTo(ClientCall<Q, R> started) {
    try {
      passAll(started);
    } catch (RuntimeException | Error e) {
      started.cancel("what its caller did before cannot be done to it", e);
      throw e;
    }
  }

  private void passAll(ClientCall<Q, R> started) {
    while (true) {
      List<Consumer<ClientCall<Q, R>>> steps;
      synchronized (this) {
        if (kept.isEmpty()) {
          target = started;
          ready = started;
          return;
        }
        steps = kept;
        kept = new ArrayList<>();
      }
      steps.forEach(step -> step.accept(started));
    }
  }

  private void passOrKeep(Consumer<ClientCall<Q, R>> step) {
    ClientCall<Q, R> known = target;
    if (known == null) {
      synchronized (this) {
        known = target;
        if (known == null) {
          kept.add(step);
          return;
        }
      }
    }
    step.accept(known);
  }

  @Override
  public void start(Listener<R> listener, Metadata headers) {
    throw new IllegalStateException("started already (expected: by the routed call)");
  }

  @Override
  public void request(int messages) {
    passOrKeep(call -> call.request(messages));
  }

  @Override
  public void sendMessage(Q message) {
    passOrKeep(call -> call.sendMessage(message));
  }

  @Override
  public void halfClose() {
    passOrKeep(ClientCall::halfClose);
  }

  @Override
  public void setMessageCompression(boolean enabled) {
    passOrKeep(call -> call.setMessageCompression(enabled));
  }

  @Override
  public void cancel(@Nullable String message, @Nullable Throwable cause) {
    passOrKeep(call -> call.cancel(message, cause));
  }

  @Override
  public boolean isReady() {
    ClientCall<Q, R> known = ready;
    return known != null && known.isReady();
  }

  @Override
  public Attributes getAttributes() {
    ClientCall<Q, R> known = target;
    return known == null ? Attributes.EMPTY : known.getAttributes();
  }
}
