package dev.tenon.core;

import dev.tenon.core.RequestSigning.Signature;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Lets a call reach its method when its one message was verified, and tells every other one the
 * same. For methods whose messages are bytes. Thread-safe.
 */
final class VerifyingInterceptor implements ServerInterceptor {
  private static final Status REFUSED =
      Status.UNAUTHENTICATED.withDescription("signature not accepted");

  private final RequestSigning signing;
  private final SeenNonces nonces;

  VerifyingInterceptor(RequestSigning signing, SeenNonces nonces) {
    this.signing = signing;
    this.nonces = nonces;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Optional<Signature> signature = signing.read(headers);
    if (signature.isEmpty() || !call.getMethodDescriptor().getType().clientSendsOneMessage()) {
      call.close(REFUSED, new Metadata());
      return new ServerCall.Listener<>() {};
    }
    call.request(1);
    return new Waiting<>(call, headers, next, signature.get());
  }

  /** The time counts when the message is there: it can be held back after its headers. */
  private boolean isGood(Signature signature, String method, byte[] body) {
    Instant now = signing.now();
    return RequestSigning.isTimely(signature, now)
        && signing.isOf(signature, method, body)
        && nonces.show(signature.nonce(), now) == SeenNonces.Seen.FIRST;
  }

  /** Waits for the message, and then passes everything on. One thread at a time. */
  private final class Waiting<Q, R> extends ServerCall.Listener<Q> {
    private final ServerCall<Q, R> call;
    private final Metadata headers;
    private final ServerCallHandler<Q, R> next;
    private final Signature signature;
    private ServerCall.@Nullable Listener<Q> method;
    private boolean refused;

    Waiting(
        ServerCall<Q, R> call,
        Metadata headers,
        ServerCallHandler<Q, R> next,
        Signature signature) {
      this.call = call;
      this.headers = headers;
      this.next = next;
      this.signature = signature;
    }

    @Override
    public void onMessage(Q message) {
      if (method != null) {
        method.onMessage(message); // One too many: the method's own rules refuse it.
        return;
      }
      byte[] body;
      try (InputStream bytes = (InputStream) message) {
        body = bytes.readAllBytes();
      } catch (IOException e) {
        refuse();
        return;
      }
      if (refused || !isGood(signature, call.getMethodDescriptor().getFullMethodName(), body)) {
        refuse();
        return;
      }
      method = next.startCall(call, headers);
      method.onMessage(again(body));
      if (call.isReady()) {
        method.onReady();
      }
    }

    /** The messages of the services that this is put before are input streams. */
    @SuppressWarnings("unchecked")
    private Q again(byte[] body) {
      return (Q) new ByteArrayInputStream(body);
    }

    private void refuse() {
      if (!refused) {
        refused = true;
        call.close(REFUSED, new Metadata());
      }
    }

    @Override
    public void onHalfClose() {
      if (method == null) {
        refuse();
      } else {
        method.onHalfClose();
      }
    }

    @Override
    public void onCancel() {
      if (method != null) {
        method.onCancel();
      }
    }

    @Override
    public void onComplete() {
      if (method != null) {
        method.onComplete();
      }
    }

    @Override
    public void onReady() {
      if (method != null) {
        method.onReady();
      }
    }
  }
}
