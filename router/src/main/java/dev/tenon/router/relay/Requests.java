package dev.tenon.router.relay;

import dev.tenon.router.http2.ByteQueue;
import dev.tenon.router.relay.Messages.RefusedMessage;
import io.grpc.Status;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The messages of one request, handed on while who takes them is ready; what comes meanwhile waits,
 * within the window of the caller's stream. For the loop of the call.
 */
final class Requests {
  private final Messages messages;
  private final Taker taker;
  private @Nullable ByteQueue held;
  private boolean heldEnds;
  private boolean isDropped;

  /** Who takes the messages. Nothing is told to it once they are dropped. */
  interface Taker {
    /** Returns whether it takes a message now. */
    boolean isReady();

    /** Takes a message. */
    void message(byte[] message);

    /** Takes that there are no more. */
    void ended();

    /** Takes that the caller sends what is no message; drops what comes. */
    void refused(Status why);
  }

  Requests(Messages messages, Taker taker) {
    this.messages = messages;
    this.taker = taker;
  }

  /** Takes {@code part}; returns how much of it does not wait. */
  int send(ByteBuffer part, boolean ends) {
    int whole = part.remaining();
    if (isDropped) {
      part.position(part.limit());
      return whole;
    }
    if (held != null || (whole > 0 && !taker.isReady())) {
      hold(part, ends);
      return 0;
    }
    pass(part, ends);
    int kept = part.remaining();
    if (kept > 0 && !isDropped) {
      hold(part, ends);
    }
    return whole - kept;
  }

  private void hold(ByteBuffer part, boolean ends) {
    ByteQueue kept = held;
    if (kept == null) {
      kept = new ByteQueue();
      held = kept;
    }
    kept.put(part);
    heldEnds |= ends;
  }

  /** Passes messages on until no more are wanted; what is left of {@code part} waits. */
  private void pass(ByteBuffer part, boolean ends) {
    try {
      while (taker.isReady()) {
        byte[] message = messages.next(part);
        if (message == null) {
          break;
        }
        taker.message(message);
      }
      if (ends && !part.hasRemaining() && !isDropped) {
        if (messages.isWithin()) {
          throw new RefusedMessage(Status.INTERNAL.withDescription("message without its end"));
        }
        taker.ended();
      }
    } catch (RefusedMessage refused) {
      part.position(part.limit());
      taker.refused(refused.status());
    }
  }

  /** Passes on what waited and is wanted now; returns how many bytes that were. */
  int passHeld() {
    ByteQueue kept = held;
    if (kept == null || isDropped || !taker.isReady()) {
      return 0;
    }
    held = null;
    ByteBuffer bytes = kept.peek(kept.size());
    int whole = bytes.remaining();
    pass(bytes, heldEnds);
    int left = bytes.remaining();
    if (left > 0 && !isDropped) {
      kept.skip(whole - left);
      held = kept;
    }
    return whole - left;
  }

  /** Nobody takes anything any more. */
  void drop() {
    isDropped = true;
    held = null;
  }
}
