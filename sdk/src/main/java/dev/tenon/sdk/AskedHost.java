package dev.tenon.sdk;

import dev.tenon.core.Health;
import dev.tenon.core.Reason;
import dev.tenon.core.Requirement;
import dev.tenon.core.RouterClients;
import dev.tenon.core.ServiceName;
import dev.tenon.core.ServiceState;
import dev.tenon.core.ServiceWatch;
import dev.tenon.v1.ListRequest;
import dev.tenon.v1.RegistryGrpc;
import io.grpc.Channel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** What the plugin's author tells and asks the host over the control connection. Thread-safe. */
record AskedHost(OwnHealth own, Channel registry, ServiceWatches watches)
    implements RouterClients.Host {
  private static final Duration ANSWER_TIME = Duration.ofSeconds(5);

  @Override
  public void reportHealth(Health health, Reason reason) {
    own.report(health, reason.text());
  }

  @Override
  public List<ServiceName> services() {
    return RegistryGrpc.newBlockingStub(registry)
        .withDeadlineAfter(ANSWER_TIME.toMillis(), TimeUnit.MILLISECONDS)
        .list(ListRequest.getDefaultInstance())
        .getServicesList()
        .stream()
        .map(listed -> new ServiceName(listed.getService()))
        .toList();
  }

  @Override
  public ServiceWatch watch(Requirement used, Consumer<ServiceState> told) {
    return watches.open(used, told);
  }
}
