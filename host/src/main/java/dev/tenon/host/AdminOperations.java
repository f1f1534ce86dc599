package dev.tenon.host;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.audit.AuditTail;
import dev.tenon.core.PluginName;
import dev.tenon.core.ServiceName;
import dev.tenon.host.control.HostOperations;
import dev.tenon.host.control.Order;
import dev.tenon.host.control.PluginRun;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What administrators ask of a host that has started, by the same ways as its own program. */
record AdminOperations(Plugins plugins, Planes planes, Path audit) implements HostOperations {
  @Override
  public List<PluginView> list() {
    return plugins.statuses().stream()
        .map(
            status ->
                new PluginView(
                    status.runtimeId(),
                    status.pid(),
                    status.isolation().toString(),
                    status.state(),
                    status.inFlight(),
                    status.services()))
        .toList();
  }

  @Override
  public boolean withdraw(PluginName plugin, ServiceName service, Order order)
      throws AuditFailedException {
    return planes.policy().withdraw(plugin, service, order);
  }

  @Override
  public List<String> audit(int most) {
    try {
      return AuditTail.last(audit, most);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public CompletableFuture<Long> drain(PluginRun run, Duration most) {
    return planes.exit().drained(run, most);
  }
}
