package dev.tenon.router.relay;

import io.grpc.Status;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Who is told what becomes of a call. On the call's loop. */
public interface CallWatch {
  /** Wants to know nothing. */
  CallWatch NOBODY =
      new CallWatch() {
        @Override
        public void cancelled() {}

        @Override
        public @Nullable CompletableFuture<?> ending(Status status) {
          return null;
        }

        @Override
        public void over() {}
      };

  /**
   * Takes that the caller cancelled or its connection is lost; the provider's side is cancelled
   * already. {@link #ending} does not follow.
   */
  void cancelled();

  /**
   * Takes that the call is about to end for its caller with {@code status}: the provider's, ours
   * because the connection to it was lost or the call was late or too large, or that of {@link
   * WireCall#end}. Called once at most; from now on nothing of the provider reaches the caller.
   *
   * @return what the caller must not be told before; if it fails, the caller is told INTERNAL
   *     instead. Null: it may be told now
   */
  @Nullable CompletableFuture<?> ending(Status status);

  /**
   * Takes that there is no way to the provider that the call was forwarded to, and that nothing of
   * it was sent. Whoever wants it to end does nothing.
   *
   * @return whether it has been, or is going to be, forwarded, served or ended anew
   */
  default boolean unsent() {
    return false;
  }

  /**
   * Takes that the caller was told, or is gone, and that the provider's side has ended. Called
   * exactly once, and last.
   */
  void over();
}
