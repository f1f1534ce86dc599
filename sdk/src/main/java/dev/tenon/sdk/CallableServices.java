package dev.tenon.sdk;

import dev.tenon.core.ServiceName;
import dev.tenon.v1.ListRequest;
import dev.tenon.v1.RegistryGrpc;
import io.grpc.Channel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The services that the plugin may call now, by the host's account. Thread-safe. */
final class CallableServices implements Supplier<List<ServiceName>> {
  private static final Duration ANSWER_TIME = Duration.ofSeconds(5);

  private final Channel registry;

  CallableServices(Channel registry) {
    this.registry = registry;
  }

  @Override
  public List<ServiceName> get() {
    return RegistryGrpc.newBlockingStub(registry)
        .withDeadlineAfter(ANSWER_TIME.toMillis(), TimeUnit.MILLISECONDS)
        .list(ListRequest.getDefaultInstance())
        .getServicesList()
        .stream()
        .map(listed -> new ServiceName(listed.getService()))
        .toList();
  }
}
