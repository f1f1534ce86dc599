package dev.tenon.router;

import static java.util.Objects.requireNonNull;

import dev.tenon.router.relay.CallHandler;
import dev.tenon.router.relay.CallWatch;
import dev.tenon.router.relay.HandlerThreads;
import dev.tenon.router.relay.WireCall;
import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.util.Collection;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The services of a listener behind which there is no router: each call goes to its method, whose
 * interceptors say who may. Thread-safe.
 */
public final class OwnServices implements CallHandler {
  private final Map<String, ServerMethodDefinition<?, ?>> methods;
  private final HandlerRegistry others;
  private final HandlerThreads threads;

  private static final class NoOthers extends HandlerRegistry {
    @Override
    public @Nullable ServerMethodDefinition<?, ?> lookupMethod(
        String methodName, @Nullable String authority) {
      return null;
    }
  }

  /** Makes the handler of the calls of {@code services}. */
  public OwnServices(Collection<ServerServiceDefinition> services, HandlerThreads threads) {
    this(services, new NoOthers(), threads);
  }

  /**
   * Makes the handler of the calls of {@code services}.
   *
   * @param others has the methods that no service has, as far as there are any
   */
  public OwnServices(
      Collection<ServerServiceDefinition> services,
      HandlerRegistry others,
      HandlerThreads threads) {
    this.methods =
        services.stream()
            .flatMap(service -> service.getMethods().stream())
            .collect(
                Collectors.toUnmodifiableMap(
                    method -> method.getMethodDescriptor().getFullMethodName(), method -> method));
    this.others = requireNonNull(others, "others");
    this.threads = requireNonNull(threads, "threads");
  }

  @Override
  public CallWatch begin(WireCall call) {
    ServerMethodDefinition<?, ?> method = method(call.path());
    if (method == null) {
      call.end(Status.UNIMPLEMENTED.withDescription("no such method"), new Metadata());
      return CallWatch.NOBODY;
    }
    return call.handle(method, threads);
  }

  private @Nullable ServerMethodDefinition<?, ?> method(String path) {
    if (!path.startsWith("/")) {
      return null;
    }
    String name = path.substring(1);
    ServerMethodDefinition<?, ?> own = methods.get(name);
    return own != null ? own : others.lookupMethod(name, /* authority= */ null);
  }

  /** As for a provider, but that methods get credentials and what is for the host too. */
  @Override
  public boolean passes(String name) {
    return MetadataRules.passes(name);
  }
}
