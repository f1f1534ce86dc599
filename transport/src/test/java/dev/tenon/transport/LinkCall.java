package dev.tenon.transport;

import com.google.protobuf.ByteString;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;

/** The client's end of one unary call of the echo service, on a link: frames, and no more. */
final class LinkCall implements Link.Receiver {
  private static final int HEADER_BYTES = 9;
  private static final int PREFIX_BYTES = 5;
  private static final int END_STREAM = 1;

  private final Link link;
  private final CompletableFuture<String> answer;
  private final ByteArrayOutputStream read = new ByteArrayOutputStream();
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();

  /**
   * @param answer completed when the call is answered, or the link closed before
   */
  LinkCall(Link link, String payload, CompletableFuture<String> answer) {
    this.link = link;
    this.answer = answer;
    EchoRequest message =
        EchoRequest.newBuilder().setPayload(ByteString.copyFromUtf8(payload)).build();
    byte[] request = RawTls.request("/testservice.v1.Echo/Unary", message.toByteArray());
    link.out(request.length).put(request);
    link.flush();
  }

  @Override
  public void received(ByteBuffer bytes) {
    byte[] some = new byte[bytes.remaining()];
    bytes.get(some);
    read.writeBytes(some);
    ByteBuffer all = ByteBuffer.wrap(read.toByteArray());
    while (all.remaining() >= HEADER_BYTES) {
      int length = all.getInt(all.position()) >>> Byte.SIZE;
      if (all.remaining() < HEADER_BYTES + length) {
        break;
      }
      byte[] frame = new byte[HEADER_BYTES + length];
      all.get(frame);
      frame(frame[3], frame[4], Arrays.copyOfRange(frame, HEADER_BYTES, frame.length));
    }
    read.reset();
    read.write(all.array(), all.position(), all.remaining());
  }

  private void frame(int type, int flags, byte[] payload) {
    if (type == 0) {
      body.writeBytes(payload);
    } else if (type == 1 && (flags & END_STREAM) != 0) {
      answer.complete(message());
      link.end();
    }
  }

  private String message() {
    byte[] all = body.toByteArray();
    try {
      return EchoResponse.parseFrom(Arrays.copyOfRange(all, PREFIX_BYTES, all.length))
          .getPayload()
          .toStringUtf8();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void readComplete() {}

  @Override
  public void writabilityChanged() {}

  @Override
  public void closed() {
    answer.completeExceptionally(new IOException("closed"));
  }

  @Override
  public void goodbye() {}

  @Override
  public void retire() {}
}
