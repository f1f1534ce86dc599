package dev.tenon.core;

import static java.util.Objects.requireNonNull;

import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Signs the requests of a client: a call is begun when its one message is there. Thread-safe. */
final class SigningInterceptor implements ClientInterceptor {
  private final RequestSigning signing;

  SigningInterceptor(RequestSigning signing) {
    this.signing = signing;
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    return method.getType().clientSendsOneMessage()
        ? new SigningCall<>(next.newCall(method, options), method)
        : new UnsignableCall<>();
  }

  /** A call that ends at its start, and sends nothing. */
  private static final class UnsignableCall<Q, R> extends ClientCall<Q, R> {
    @Override
    public void start(Listener<R> listener, Metadata headers) {
      listener.onClose(
          Status.UNIMPLEMENTED.withDescription(
              "request signing: many request messages (expected: one)"),
          new Metadata());
    }

    @Override
    public void request(int count) {}

    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {}

    @Override
    public void halfClose() {}

    @Override
    public void sendMessage(Q message) {}
  }

  /** One call, whose caller uses it from one thread at a time but for cancel. */
  private final class SigningCall<Q, R> extends ClientCall<Q, R> {
    private final ClientCall<Q, R> call;
    private final MethodDescriptor<Q, R> method;
    private @Nullable Listener<R> listener;
    private @Nullable Metadata headers;
    private int requested;
    private volatile boolean begun;

    SigningCall(ClientCall<Q, R> call, MethodDescriptor<Q, R> method) {
      this.call = call;
      this.method = method;
    }

    @Override
    public void start(Listener<R> responses, Metadata metadata) {
      listener = responses;
      headers = metadata;
    }

    private synchronized void begin(Optional<String> signature) {
      if (!begun) {
        signature.ifPresent(
            text -> requireNonNull(headers, "headers").put(RequestSigning.HEADER, text));
        call.start(requireNonNull(listener, "listener"), requireNonNull(headers, "headers"));
        begun = true;
        if (requested > 0) {
          call.request(requested);
        }
      }
    }

    @Override
    public synchronized void request(int count) {
      if (begun) {
        call.request(count);
      } else {
        requested += count;
      }
    }

    @Override
    public void sendMessage(Q message) {
      if (!begun) {
        begin(
            Optional.of(
                signing.sign(method.getFullMethodName(), bytes(method.streamRequest(message)))));
      }
      call.sendMessage(message);
    }

    @Override
    public void halfClose() {
      begin(Optional.empty()); // Unsigned if there was no message: then it is refused there.
      call.halfClose();
    }

    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {
      if (listener != null) {
        begin(Optional.empty());
      }
      call.cancel(message, cause);
    }

    @Override
    public boolean isReady() {
      return begun && call.isReady();
    }

    @Override
    public void setMessageCompression(boolean enabled) {
      if (begun) {
        call.setMessageCompression(enabled);
      }
    }

    @Override
    public Attributes getAttributes() {
      return call.getAttributes();
    }
  }

  private static byte[] bytes(InputStream message) {
    try (message) {
      return message.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
