package dev.tenon.router;

import dev.tenon.core.Identity;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.router.relay.ByteMarshaller;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import org.jspecify.annotations.Nullable;

/**
 * The front for calls that come in over HTTP/2. Thread-safe.
 *
 * <p>Every path has a handler, a malformed one too, so that admission comes before any answer about
 * paths and every refusal is recorded. The authority is not looked at: it is the caller's claim.
 */
final class RelayFront extends HandlerRegistry {
  private final Router router;

  RelayFront(Router router) {
    this.router = router;
  }

  @Override
  public ServerMethodDefinition<?, ?> lookupMethod(String methodName, @Nullable String authority) {
    MethodDescriptor<byte[], byte[]> method =
        MethodDescriptor.newBuilder(ByteMarshaller.INSTANCE, ByteMarshaller.INSTANCE)
            .setType(MethodDescriptor.MethodType.UNKNOWN)
            .setFullMethodName(methodName)
            .build();
    return ServerMethodDefinition.create(method, this::start);
  }

  private ServerCall.Listener<byte[]> start(ServerCall<byte[], byte[]> up, Metadata headers) {
    Identity caller = Admission.CALLER.get();
    if (caller == null) {
      ProviderStatus.End end = ProviderStatus.End.of(RefusalStatus.of(Refusal.NOT_AUTHENTICATED));
      up.close(end.status(), end.trailers());
      return new ServerCall.Listener<>() {};
    }
    ClientCall<byte[], byte[]> down =
        router.channel(caller).newCall(up.getMethodDescriptor(), CallOptions.DEFAULT);
    return Relay.start(up, down, headers);
  }
}
