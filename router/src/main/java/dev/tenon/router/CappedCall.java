package dev.tenon.router;

import com.google.protobuf.MessageLite;
import dev.tenon.core.Refusal;
import io.grpc.ClientCall;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.KnownLength;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.function.Function;

/**
 * A call to a provider that takes messages up to a length, in both directions. A longer one goes
 * nowhere, and ends the call with LIMIT_REACHED.
 */
final class CappedCall<Q, R> extends SimpleForwardingClientCall<Q, R> {
  private final MethodDescriptor<Q, R> method;
  private final int most;
  private final OpenCall routed;

  /**
   * Makes it of {@code call}, which takes {@code routed} to its provider.
   *
   * @param most bytes of the longest message
   */
  private CappedCall(
      ClientCall<Q, R> call, MethodDescriptor<Q, R> method, int most, OpenCall routed) {
    super(call);
    this.method = method;
    this.most = most;
    this.routed = routed;
  }

  /**
   * Returns {@code call}, with messages of {@code most} bytes at most if that is a limit at all.
   */
  static <Q, R> ClientCall<Q, R> of(
      ClientCall<Q, R> call, MethodDescriptor<Q, R> method, int most, OpenCall routed) {
    return most == Integer.MAX_VALUE ? call : new CappedCall<>(call, method, most, routed);
  }

  @Override
  public void start(Listener<R> listener, Metadata headers) {
    super.start(
        new SimpleForwardingClientCallListener<>(listener) {
          @Override
          public void onMessage(R message) {
            if (fits(message, method::streamResponse)) {
              super.onMessage(message);
            }
          }
        },
        headers);
  }

  @Override
  public void sendMessage(Q message) {
    if (fits(message, method::streamRequest)) {
      super.sendMessage(message);
    }
  }

  /** A call whose message went nowhere is not one without a message. */
  @Override
  public void halfClose() {
    if (!routed.isEnded()) {
      super.halfClose();
    }
  }

  private <M> boolean fits(M message, Function<M, InputStream> stream) {
    if (bytes(message, stream) <= most) {
      return true;
    }
    routed.end(Refusal.LIMIT_REACHED);
    return false;
  }

  /** Relayed messages are bytes; those of code inside the host mostly know their length. */
  private static <M> long bytes(M message, Function<M, InputStream> stream) {
    if (message instanceof byte[] raw) {
      return raw.length;
    }
    if (message instanceof MessageLite known) {
      return known.getSerializedSize();
    }
    try (InputStream bytes = stream.apply(message)) {
      return bytes instanceof KnownLength
          ? bytes.available()
          : bytes.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
