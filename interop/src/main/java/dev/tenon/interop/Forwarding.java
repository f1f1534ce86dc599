package dev.tenon.interop;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;

/**
 * Carries each call on to a channel: a message at a time in each direction, and the next when there
 * is room for it. Deadlines and cancellations travel by gRPC's context as well. Thread-safe.
 */
record Forwarding(Channel to) implements ServerCallHandler<byte[], byte[]> {
  @Override
  public ServerCall.Listener<byte[]> startCall(ServerCall<byte[], byte[]> up, Metadata headers) {
    ClientCall<byte[], byte[]> down = to.newCall(up.getMethodDescriptor(), CallOptions.DEFAULT);
    Next requests = new Next(down::isReady, up::request);
    Next responses = new Next(up::isReady, down::request);
    down.start(new Downstream(up, requests, responses), headers);
    requests.owe();
    responses.owe();
    return new Upstream(down, requests, responses);
  }

  /** Asks for one message, once the far side has room. */
  private static final class Next {
    private final BooleanSupplier hasRoom;
    private final IntConsumer ask;
    private final AtomicBoolean owed = new AtomicBoolean();

    Next(BooleanSupplier hasRoom, IntConsumer ask) {
      this.hasRoom = hasRoom;
      this.ask = ask;
    }

    void owe() {
      owed.set(true);
      if (hasRoom.getAsBoolean()) {
        pay();
      }
    }

    void pay() {
      if (owed.compareAndSet(true, false)) {
        ask.accept(1);
      }
    }
  }

  /** What the caller sends. */
  private static final class Upstream extends ServerCall.Listener<byte[]> {
    private final ClientCall<byte[], byte[]> down;
    private final Next requests;
    private final Next responses;

    Upstream(ClientCall<byte[], byte[]> down, Next requests, Next responses) {
      this.down = down;
      this.requests = requests;
      this.responses = responses;
    }

    @Override
    public void onMessage(byte[] message) {
      down.sendMessage(message);
      requests.owe();
    }

    @Override
    public void onHalfClose() {
      down.halfClose();
    }

    @Override
    public void onCancel() {
      down.cancel("cancelled by the caller", /* cause= */ null);
    }

    @Override
    public void onReady() {
      responses.pay();
    }
  }

  /** What the callee answers. */
  private static final class Downstream extends ClientCall.Listener<byte[]> {
    private final ServerCall<byte[], byte[]> up;
    private final Next requests;
    private final Next responses;

    Downstream(ServerCall<byte[], byte[]> up, Next requests, Next responses) {
      this.up = up;
      this.requests = requests;
      this.responses = responses;
    }

    @Override
    public void onHeaders(Metadata headers) {
      up.sendHeaders(headers);
    }

    @Override
    public void onMessage(byte[] message) {
      up.sendMessage(message);
      responses.owe();
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      up.close(status, trailers);
    }

    @Override
    public void onReady() {
      requests.pay();
    }
  }
}
