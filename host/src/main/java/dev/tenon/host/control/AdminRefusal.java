package dev.tenon.host.control;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.Empty;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.core.CallPath;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.router.Admission;
import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Refuses plugins the name {@code tenon.v1.Admin}, whatever the method: administration is not for
 * them, and that does not depend on which methods there are. Each refusal is on record, and comes
 * before the message is read. Thread-safe.
 */
final class AdminRefusal extends HandlerRegistry {
  private static final String METHODS = "tenon.v1.Admin/";

  private final ControlAudit audit;
  private final ServerCallHandler<Empty, Empty> handler;

  /**
   * Makes the refusal.
   *
   * @param lastFirst what a call meets before it, the last first
   */
  AdminRefusal(ControlAudit audit, ServerInterceptor... lastFirst) {
    this.audit = requireNonNull(audit, "audit");
    ServerCallHandler<Empty, Empty> all = this::refuse;
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

  private ServerCall.Listener<Empty> refuse(ServerCall<Empty, Empty> call, Metadata headers) {
    StatusRuntimeException refused = recorded(call.getMethodDescriptor().getFullMethodName());
    call.close(refused.getStatus(), Objects.requireNonNull(refused.getTrailers(), "trailers"));
    return new ServerCall.Listener<>() {};
  }

  private StatusRuntimeException recorded(String method) {
    String actor = requireNonNull(Admission.CALLER.get(), "caller").actor();
    try {
      audit.denied("admin", actor, "call", legal(method), "a plugin");
      return RefusalStatus.of(Refusal.NOT_ALLOWED);
    } catch (AuditFailedException e) {
      return RefusalStatus.of(e);
    }
  }

  /** Returns {@code method} if it has a legal form; otherwise it is the peer's own words. */
  private static @Nullable String legal(String method) {
    try {
      return CallPath.ofFullMethodName(method).toString();
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
