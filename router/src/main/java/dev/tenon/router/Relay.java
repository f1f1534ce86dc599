package dev.tenon.router;

import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;

/**
 * Joins the call of a caller ({@code up}) with the call to a provider ({@code down}).
 *
 * <p>Deadline and cancellation also travel by {@link io.grpc.Context}: {@code down} starts in the
 * context of {@code up}.
 */
final class Relay {
  /*
   * Each direction carries one message at a time: the next is asked for when the last was handed on
   * and the far side has room. A side that stops reading so stops the other, and what a relay holds
   * is one message and what the two transports buffer.
   *
   * The calls of one listener come one after another; those of the two listeners may run at the
   * same time. `up` is written to by the provider's events and `down` by the caller's alone; what
   * both may touch (request, isReady, cancel) may be called from any thread. No lock is held.
   */
  private final Context context = Context.current();
  private final ServerCall<byte[], byte[]> up;
  private final ClientCall<byte[], byte[]> down;
  private final Demand requests;
  private final Demand responses;

  private Relay(ServerCall<byte[], byte[]> up, ClientCall<byte[], byte[]> down) {
    this.up = up;
    this.down = down;
    this.requests = new Demand(down::isReady, up::request);
    this.responses = new Demand(up::isReady, down::request);
  }

  /** Starts {@code down} and returns what listens to {@code up}. */
  static ServerCall.Listener<byte[]> start(
      ServerCall<byte[], byte[]> up, ClientCall<byte[], byte[]> down, Metadata headers) {
    Relay relay = new Relay(up, down);
    down.start(relay.new FromProvider(), headers);
    relay.requests.next();
    relay.responses.next();
    return relay.new FromCaller();
  }

  private final class FromCaller extends ServerCall.Listener<byte[]> {
    @Override
    public void onMessage(byte[] message) {
      down.sendMessage(message);
      requests.next();
    }

    @Override
    public void onHalfClose() {
      down.halfClose();
    }

    @Override
    public void onCancel() {
      down.cancel("caller cancelled", /* cause= */ null);
    }

    @Override
    public void onReady() {
      responses.roomMade();
    }
  }

  private final class FromProvider extends ClientCall.Listener<byte[]> {
    @Override
    public void onHeaders(Metadata headers) {
      up.sendHeaders(headers);
    }

    @Override
    public void onMessage(byte[] message) {
      up.sendMessage(message);
      responses.next();
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      if (status.getCode() == Status.Code.CANCELLED && context.isCancelled()) {
        return; // The caller's stream has ended, and whoever ended it tells why.
      }
      up.close(status, trailers);
    }

    @Override
    public void onReady() {
      requests.roomMade();
    }
  }

  /** Asks one side for its next message as soon as the other has room for it. Lock-free. */
  private static final class Demand {
    private final BooleanSupplier hasRoom;
    private final IntConsumer ask;
    private final AtomicBoolean owed = new AtomicBoolean();

    Demand(BooleanSupplier hasRoom, IntConsumer ask) {
      this.hasRoom = hasRoom;
      this.ask = ask;
    }

    /** The last message was handed on. */
    void next() {
      owed.set(true);
      // Room that is made between these two lines is seen by one of them.
      if (hasRoom.getAsBoolean()) {
        roomMade();
      }
    }

    void roomMade() {
      if (owed.compareAndSet(true, false)) {
        ask.accept(1);
      }
    }
  }
}
