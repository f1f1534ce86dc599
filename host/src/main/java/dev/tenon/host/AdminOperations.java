package dev.tenon.host;

import dev.tenon.host.control.HostOperations;
import dev.tenon.host.control.PluginRun;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What administrators ask of a host that has started, by the same ways as its own program. */
record AdminOperations(Plugins plugins, Planes planes) implements HostOperations {
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
  public CompletableFuture<Long> drain(PluginRun run, Duration most) {
    return planes.exit().drained(run, most);
  }
}
