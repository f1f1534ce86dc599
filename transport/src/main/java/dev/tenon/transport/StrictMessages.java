package dev.tenon.transport;

import dev.tenon.core.InvalidRequestException;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.InputStream;

/**
 * Answers a message that cannot be read with INVALID_ARGUMENT, and one that becomes larger than a
 * limit as it is inflated with RESOURCE_EXHAUSTED. gRPC would answer UNKNOWN, and log a stack trace
 * for each: its sender would write our log. Stateless.
 */
public final class StrictMessages implements ServerInterceptor {
  private StrictMessages() {}

  /** Returns {@code service}, of which no message is read before this class sees it. */
  public static ServerServiceDefinition of(ServerServiceDefinition service) {
    ServerServiceDefinition.Builder strict =
        ServerServiceDefinition.builder(service.getServiceDescriptor().getName());
    service.getMethods().forEach(method -> add(strict, method));
    return ServerInterceptors.intercept(
        ServerInterceptors.useInputStreamMessages(strict.build()), new StrictMessages());
  }

  private static <Q, R> void add(
      ServerServiceDefinition.Builder to, ServerMethodDefinition<Q, R> method) {
    MethodDescriptor<Q, R> descriptor = method.getMethodDescriptor();
    to.addMethod(
        descriptor.toBuilder()
            .setRequestMarshaller(new Strict<>(descriptor.getRequestMarshaller()))
            .build(),
        method.getServerCallHandler());
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
      private boolean isRefused;

      @Override
      public void onMessage(Q message) {
        try {
          super.onMessage(message);
        } catch (UnreadableException e) {
          isRefused = true;
          StatusRuntimeException status = e.isTooLarge ? tooLarge() : notValid();
          Metadata trailers = status.getTrailers();
          call.close(status.getStatus(), trailers == null ? new Metadata() : trailers);
        }
      }

      @Override
      public void onHalfClose() {
        if (!isRefused) { // The service never heard of the message, and would miss it.
          super.onHalfClose();
        }
      }
    };
  }

  private static StatusRuntimeException notValid() {
    return RefusalStatus.of(
        new InvalidRequestException("message: not valid (expected: that of the method)"));
  }

  private static StatusRuntimeException tooLarge() {
    return RefusalStatus.of(Refusal.LIMIT_REACHED);
  }

  private record Strict<T>(Marshaller<T> marshaller) implements Marshaller<T> {
    @Override
    public InputStream stream(T value) {
      return marshaller.stream(value);
    }

    @Override
    public T parse(InputStream stream) {
      try {
        return marshaller.parse(stream);
      } catch (StatusRuntimeException e) {
        throw new UnreadableException(e.getStatus().getCode() == Status.Code.RESOURCE_EXHAUSTED);
      }
    }
  }

  /** A message that cannot be read. Without a stack trace: who sends such may send many. */
  private static final class UnreadableException extends RuntimeException {
    private static final long serialVersionUID = 1;

    final boolean isTooLarge;

    UnreadableException(boolean isTooLarge) {
      super(null, null, false, false);
      this.isTooLarge = isTooLarge;
    }
  }
}
