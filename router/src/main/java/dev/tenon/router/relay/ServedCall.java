package dev.tenon.router.relay;

import dev.tenon.router.http2.ByteQueue;
import dev.tenon.router.relay.Messages.RefusedMessage;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A call whose provider is behind a channel of grpc-java. For the loop of the call. */
final class ServedCall extends ClientCall.Listener<byte[]> implements Provider {
  private static final int PREFIX_BYTES = 5;

  /*
   * Each direction carries one message at a time, as in `Relay`: the next is asked for when the last
   * was handed on. Of a request, what comes while its provider is not ready is `held`, within the
   * window of the caller's stream. The channel's events run on the call's loop.
   */
  private final FrontCall call;
  private final ClientCall<byte[], byte[]> to;
  private final Messages messages;
  private @Nullable ByteQueue held;
  private boolean heldEnds;
  private boolean hasSent;
  private boolean isAsked;
  private boolean isOver;

  /** Makes what takes {@code call}, which began with {@code head}, to {@code channel}. */
  ServedCall(
      FrontCall call, CallHead head, Channel channel, CallOptions options, int maxMessageBytes) {
    this.call = call;
    this.to = channel.newCall(head.method(), options.withExecutor(call::execute));
    this.messages = new Messages(maxMessageBytes, head.encoding());
  }

  void begin(CallHead head, Metadata stamps) {
    Metadata headers = head.metadata();
    headers.merge(stamps);
    to.start(this, headers);
    ask();
  }

  private void ask() {
    isAsked = true;
    to.request(1);
  }

  // What the caller's side says.

  @Override
  public int send(ByteBuffer part, boolean ends) {
    int whole = part.remaining();
    if (isOver) {
      part.position(part.limit());
      return whole;
    }
    if (held != null || !isReady()) {
      hold(part, ends);
      return 0;
    }
    pass(part, ends);
    int kept = part.remaining();
    if (kept > 0 && !isOver) {
      hold(part, ends);
    }
    return whole - kept;
  }

  /** A call is not ready before it has its first message, where its type is that of one message. */
  private boolean isReady() {
    return !hasSent || to.isReady();
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

  /** Passes messages on until the provider wants no more; what is left of {@code part} waits. */
  private void pass(ByteBuffer part, boolean ends) {
    try {
      while (isReady()) {
        byte[] message = messages.next(part);
        if (message == null) {
          break;
        }
        hasSent = true;
        to.sendMessage(message);
      }
      if (ends && !part.hasRemaining()) {
        if (messages.isWithin()) {
          throw new RefusedMessage(Status.INTERNAL.withDescription("message without its end"));
        }
        to.halfClose();
      }
    } catch (RefusedMessage refused) {
      part.position(part.limit());
      fail(refused.status());
    }
  }

  @Override
  public void onReady() {
    call.execute(this::passHeld);
  }

  private void passHeld() {
    ByteQueue kept = held;
    if (kept == null || isOver || !isReady()) {
      return;
    }
    held = null;
    ByteBuffer bytes = kept.peek(kept.size());
    int whole = bytes.remaining();
    pass(bytes, heldEnds);
    int left = bytes.remaining();
    if (left > 0 && !isOver) {
      kept.skip(whole - left);
      held = kept;
    }
    call.consumed(whole - left);
  }

  @Override
  public void answered(int bytes) {
    if (!isAsked && !isOver && call.waiting() == 0) {
      ask();
    }
  }

  @Override
  public void cancel() {
    if (!isOver) {
      isOver = true;
      held = null;
      to.cancel("the caller's side has ended", /* cause= */ null);
    }
  }

  private void fail(Status status) {
    cancel();
    call.finish(status, WireCall.EndedBy.OUR_SIDE);
  }

  // What the provider says.

  @Override
  public void onHeaders(Metadata headers) {
    call.execute(
        () -> {
          if (!isOver) {
            call.answer(call.fields().served(headers));
          }
        });
  }

  @Override
  public void onMessage(byte[] message) {
    call.execute(() -> answer(message));
  }

  private void answer(byte[] message) {
    if (isOver) {
      return;
    }
    ByteBuffer framed = ByteBuffer.allocate(PREFIX_BYTES + message.length);
    framed.put((byte) 0).putInt(message.length).put(message).flip();
    isAsked = false;
    int unused = call.answer(framed);
    answered(0);
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    call.execute(
        () -> {
          if (!isOver) {
            isOver = true;
            call.finish(status, call.fields().served(status, trailers, call.isAnswered()));
          }
        });
  }
}
