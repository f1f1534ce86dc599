package dev.tenon.transport;

import static java.util.Objects.requireNonNullElseGet;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/**
 * A call that may be ended while its handler answers: the first of the two wins. Thread-safe for
 * what it guards: headers, messages and the end.
 */
public class EndableCall<Q, R> extends SimpleForwardingServerCall<Q, R> {
  private boolean closed;
  private volatile boolean endedUnder;

  /** Makes the call that its handler gets in place of {@code call}. */
  public EndableCall(ServerCall<Q, R> call) {
    super(call);
  }

  /** Ends the call with {@code why}, under its handler; nothing happens if it has ended. */
  public final void endUnder(StatusRuntimeException why) {
    endedUnder = true;
    close(why.getStatus(), requireNonNullElseGet(why.getTrailers(), Metadata::new));
  }

  /**
   * Returns what listens in place of {@code handler}, for which a call that was ended under it is a
   * cancelled one; {@code gone} is run when the call is over, and must be idempotent.
   */
  public final ServerCall.Listener<Q> listener(ServerCall.Listener<Q> handler, Runnable gone) {
    return new SimpleForwardingServerCallListener<>(handler) {
      @Override
      public void onComplete() {
        gone.run();
        if (endedUnder) {
          super.onCancel();
        } else {
          super.onComplete();
        }
      }

      @Override
      public void onCancel() {
        gone.run();
        super.onCancel();
      }
    };
  }

  @Override
  public synchronized void sendHeaders(Metadata headers) {
    if (!closed) {
      super.sendHeaders(headers);
    }
  }

  @Override
  public synchronized void sendMessage(R message) {
    if (!closed) {
      super.sendMessage(message);
    }
  }

  @Override
  public synchronized void close(Status status, Metadata trailers) {
    if (!closed) {
      closed = true;
      super.close(status, trailers);
    }
  }
}
