package dev.tenon.host.control;

import dev.tenon.core.InvalidRequestException;
import dev.tenon.core.RefusalStatus;
import io.grpc.BindableService;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.StatusRuntimeException;

/**
 * Answers requests that are not protobuf (invalid UTF-8, broken tags, nesting beyond the limit)
 * with INVALID_ARGUMENT, where grpc-java would answer with a status for faults of the server.
 */
final class StrictRequests implements ServerInterceptor {
  private StrictRequests() {}

  static ServerServiceDefinition of(BindableService service) {
    return ServerInterceptors.intercept(
        ServerInterceptors.useInputStreamMessages(service.bindService()), new StrictRequests());
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
      private boolean refused;

      @Override
      public void onMessage(Q message) {
        try {
          super.onMessage(message);
        } catch (StatusRuntimeException e) {
          refused = true;
          StatusRuntimeException status =
              RefusalStatus.of(
                  new InvalidRequestException("request: not a valid message (expected: protobuf)"));
          call.close(
              status.getStatus(),
              status.getTrailers() == null ? new Metadata() : status.getTrailers());
        }
      }

      @Override
      public void onHalfClose() {
        if (!refused) {
          super.onHalfClose();
        }
      }
    };
  }
}
