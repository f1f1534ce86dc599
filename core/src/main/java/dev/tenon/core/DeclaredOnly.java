package dev.tenon.core;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Fails calls of services that the plugin did not declare, with a text that says which declaration
 * is missing. It is there for the author; the host decides by its policy. Thread-safe.
 */
final class DeclaredOnly implements ClientInterceptor {
  private final String plugin;
  private final Set<String> declared;

  DeclaredOnly(Plugin plugin) {
    this.plugin = plugin.name().value();
    declared =
        plugin.requirements().keySet().stream()
            .map(Object::toString)
            .collect(Collectors.toUnmodifiableSet());
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    check(method.getServiceName());
    return next.newCall(method, options);
  }

  /**
   * Checks that the plugin declared {@code service}.
   *
   * @throws IllegalStateException if it did not
   */
  void check(@Nullable String service) {
    if (service == null || !declared.contains(service)) {
      throw new IllegalStateException(
          "plugin "
              + plugin
              + " calls "
              + service
              + ", which it did not declare (expected: .requires(\""
              + service
              + "\", \">=1.0.0\") or .canUse(...) in its description)");
    }
  }
}
