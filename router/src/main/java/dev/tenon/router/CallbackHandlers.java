package dev.tenon.router;

import dev.tenon.auth.grant.LiveGrant;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.HandlerRegistry;
import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * What calls of the host brought along for their providers to call back, while they are open.
 * Thread-safe.
 *
 * <p>Several calls may bring implementations of one service. Inside the host's server each has the
 * id of its grant for a name, so that whoever calls back reaches what came with its own call.
 */
final class CallbackHandlers extends HandlerRegistry {
  private final ConcurrentMap<String, ServerServiceDefinition> open = new ConcurrentHashMap<>();

  void add(LiveGrant grant, ServerServiceDefinition service) {
    open.put(grant.id(), service);
  }

  void remove(LiveGrant grant) {
    open.remove(grant.id());
  }

  /** Returns what takes calls to the implementation behind {@code grant}. */
  static ClientInterceptor to(LiveGrant grant) {
    return new ClientInterceptor() {
      @Override
      public <Q, R> ClientCall<Q, R> interceptCall(
          MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        String name =
            MethodDescriptor.generateFullMethodName(
                grant.id(), String.valueOf(method.getBareMethodName()));
        return next.newCall(method.toBuilder().setFullMethodName(name).build(), options);
      }
    };
  }

  @Override
  public @Nullable ServerMethodDefinition<?, ?> lookupMethod(
      String methodName, @Nullable String authority) {
    String grant = MethodDescriptor.extractFullServiceName(methodName);
    ServerServiceDefinition service = grant == null ? null : open.get(grant);
    if (service == null) {
      return null;
    }
    String method = methodName.substring(methodName.lastIndexOf('/') + 1);
    return service.getMethods().stream()
        .filter(each -> method.equals(each.getMethodDescriptor().getBareMethodName()))
        .findFirst()
        .orElse(null);
  }
}
