package dev.tenon.router.relay;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.nio.ByteBuffer;

/** A call whose provider is behind a channel of grpc-java. For the loop of the call. */
final class ServedCall extends ClientCall.Listener<byte[]> implements Provider, Requests.Taker {
  private static final int PREFIX_BYTES = 5;

  /*
   * Each direction carries one message at a time, as in `Relay`: the next is asked for when the last
   * was handed on. The channel's events run on the call's loop.
   */
  private final FrontCall call;
  private final ClientCall<byte[], byte[]> to;
  private final Requests requests;
  private boolean hasSent;
  private boolean isAsked;
  private boolean isOver;

  /** Makes what takes {@code call}, which began with {@code head}, to {@code channel}. */
  ServedCall(
      FrontCall call, CallHead head, Channel channel, CallOptions options, int maxMessageBytes) {
    this.call = call;
    this.to = channel.newCall(head.method(), options.withExecutor(call::execute));
    this.requests = new Requests(new Messages(maxMessageBytes, head.encoding()), this);
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
    return requests.send(part, ends);
  }

  /** A call is not ready before it has its first message, where its type is that of one message. */
  @Override
  public boolean isReady() {
    return !isOver && (!hasSent || to.isReady());
  }

  @Override
  public void message(byte[] message) {
    hasSent = true;
    to.sendMessage(message);
  }

  @Override
  public void ended() {
    to.halfClose();
  }

  @Override
  public void refused(Status why) {
    cancel();
    call.finish(why, WireCall.EndedBy.OUR_SIDE);
  }

  @Override
  public void onReady() {
    call.execute(
        () -> {
          int passed = requests.passHeld();
          if (passed > 0) {
            call.consumed(passed);
          }
        });
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
      requests.drop();
      to.cancel("the caller's side has ended", /* cause= */ null);
    }
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
            requests.drop();
            call.finish(status, call.fields().served(status, trailers, call.isAnswered()));
          }
        });
  }
}
