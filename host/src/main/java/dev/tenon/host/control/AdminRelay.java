package dev.tenon.host.control;

import com.google.protobuf.ByteString;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.core.CallPath;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RefusedException;
import dev.tenon.v1.CallEnd;
import dev.tenon.v1.CallRequest;
import dev.tenon.v1.CallResponse;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/**
 * One call that an administrator has the host make: with the host's identity and by the policy's
 * rules for it, through the router like any other. What it carries is passed on as bytes and not
 * recorded.
 */
final class AdminRelay extends ClientCall.Listener<ByteString> {
  private static final int MOST_CHARS = 1024;

  /* The next message is asked for when the administrator can take it; `isDue` says that one is. */
  private final AdminCall call;
  private final AdminCall.Asked asked;
  private final ClientCall<ByteString, ByteString> relayed;
  private final ServerCallStreamObserver<CallResponse> observer;
  private final BooleanSupplier isStillAdmin;
  private final AtomicBoolean isDue = new AtomicBoolean();

  /** Messages as they are. */
  private enum Bytes implements Marshaller<ByteString> {
    INSTANCE;

    @Override
    public InputStream stream(ByteString message) {
      return message.newInput();
    }

    @Override
    public ByteString parse(InputStream message) {
      try {
        return ByteString.readFrom(message);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private AdminRelay(
      AdminCall call,
      AdminCall.Asked asked,
      ClientCall<ByteString, ByteString> relayed,
      ServerCallStreamObserver<CallResponse> observer) {
    this.call = call;
    this.asked = asked;
    this.relayed = relayed;
    this.observer = observer;
    isStillAdmin = AdminGate.IS_STILL_ADMIN.get();
  }

  /** Makes the call that {@code request} describes; its answers come on {@code executor}. */
  static void start(
      AdminCall call,
      CallRequest request,
      HostOperations host,
      ServerCallStreamObserver<CallResponse> observer,
      Executor executor) {
    CallPath path;
    AdminCall.Asked asked;
    Duration most;
    try {
      path = call.checked(() -> AdminFields.path(request.getService(), request.getMethod()));
      Order order = call.checked(() -> call.order(AdminFields.reason(request.getReason())));
      most =
          request.hasWait()
              ? call.checked(() -> AdminFields.wait(request.getWait()))
              : Discoveries.MAX_WAIT;
      asked = AdminCall.Asked.about(path, order);
      call.begins(asked);
    } catch (RefusedException e) {
      observer.onError(RefusalStatus.of(e));
      return;
    }
    MethodDescriptor<ByteString, ByteString> method =
        MethodDescriptor.newBuilder(Bytes.INSTANCE, Bytes.INSTANCE)
            .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
            .setFullMethodName(path.toString().substring(1))
            .build();
    CallOptions options =
        CallOptions.DEFAULT
            .withDeadlineAfter(most.toNanos(), TimeUnit.NANOSECONDS)
            .withExecutor(executor);
    ClientCall<ByteString, ByteString> relayed = host.calls().newCall(method, options);
    new AdminRelay(call, asked, relayed, observer).start(request.getMessage());
  }

  private void start(ByteString message) {
    observer.setOnCancelHandler(() -> relayed.cancel("the administrator has gone", null));
    observer.setOnReadyHandler(this::askForNext);
    relayed.start(this, new Metadata());
    relayed.request(1);
    relayed.sendMessage(message);
    relayed.halfClose();
  }

  private void askForNext() {
    if (observer.isReady() && isDue.compareAndSet(true, false)) {
      relayed.request(1);
    }
  }

  @Override
  public void onMessage(ByteString message) {
    if (!isStillAdmin.getAsBoolean()) {
      relayed.cancel("the administrator was revoked", null);
      return;
    }
    observer.onNext(CallResponse.newBuilder().setMessage(message).build());
    isDue.set(true);
    askForNext();
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    boolean mayKnow = isStillAdmin.getAsBoolean();
    try {
      call.ended(asked, mayKnow ? status.getCode().name() : Refusal.NOT_AUTHENTICATED.name());
    } catch (AuditFailedException e) {
      observer.onError(RefusalStatus.of(e));
      return;
    }
    if (!mayKnow) {
      observer.onError(RefusalStatus.of(Refusal.NOT_AUTHENTICATED));
      return;
    }
    CallEnd end =
        CallEnd.newBuilder().setCode(status.getCode().value()).setText(text(status)).build();
    observer.onNext(CallResponse.newBuilder().setEnd(end).build());
    observer.onCompleted();
  }

  private static String text(Status status) {
    String text = status.getDescription() == null ? "" : status.getDescription();
    return text.length() <= MOST_CHARS ? text : text.substring(0, MOST_CHARS);
  }
}
