package dev.tenon.host.control;

import com.google.protobuf.Empty;
import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.protobuf.ProtoUtils;
import org.jspecify.annotations.Nullable;

/**
 * What {@code tenon.v1.Admin} has no method for: who may not call those that there are is refused
 * as for them, so that a refusal does not depend on which methods there are. Thread-safe.
 */
final class UnknownAdminMethods extends HandlerRegistry {
  private static final String METHODS = "tenon.v1.Admin/";

  private final ServerCallHandler<Empty, Empty> handler;

  /**
   * Makes the registry.
   *
   * @param lastFirst what a call meets before it, the last first
   */
  UnknownAdminMethods(ServerInterceptor... lastFirst) {
    ServerCallHandler<Empty, Empty> all = UnknownAdminMethods::unimplemented;
    for (ServerInterceptor interceptor : lastFirst) {
      ServerCallHandler<Empty, Empty> next = all;
      all = (call, headers) -> interceptor.interceptCall(call, headers, next);
    }
    handler = all;
  }

  @Override
  public @Nullable ServerMethodDefinition<?, ?> lookupMethod(
      String methodName, @Nullable String authority) {
    if (!methodName.startsWith(METHODS)) {
      return null;
    }
    return ServerMethodDefinition.create(
        MethodDescriptor.newBuilder(
                ProtoUtils.marshaller(Empty.getDefaultInstance()),
                ProtoUtils.marshaller(Empty.getDefaultInstance()))
            .setType(MethodDescriptor.MethodType.UNKNOWN)
            .setFullMethodName(methodName)
            .build(),
        handler);
  }

  private static ServerCall.Listener<Empty> unimplemented(
      ServerCall<Empty, Empty> call, Metadata headers) {
    call.close(Status.UNIMPLEMENTED.withDescription("no such method"), new Metadata());
    return new ServerCall.Listener<>() {};
  }
}
