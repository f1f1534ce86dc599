package dev.tenon.host;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.audit.AuditTail;
import dev.tenon.core.Identity;
import dev.tenon.core.Identity.Evidence;
import dev.tenon.core.InvalidRequestException;
import dev.tenon.core.PluginName;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;
import dev.tenon.core.ServiceName;
import dev.tenon.host.control.ChangeFailedException;
import dev.tenon.host.control.HostOperations;
import dev.tenon.host.control.Order;
import dev.tenon.host.control.PluginBusyException;
import dev.tenon.host.control.PluginNotFoundException;
import dev.tenon.host.control.PluginRun;
import dev.tenon.host.launch.PluginDefinition;
import io.grpc.Channel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What administrators ask of a host that has started, by the same ways as its own program. */
record AdminOperations(Plugins plugins, Planes planes, Path audit, PluginFolders folders)
    implements HostOperations {
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
  public List<AuditTail.Line> audit(int most) {
    try {
      return AuditTail.last(audit, most);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public List<AuditTail.Line> auditAfter(long sequence) {
    try {
      return AuditTail.after(audit, sequence);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Channel calls() {
    return planes.router().channel(new Identity(planes.identity().id(), Evidence.IN_PROCESS));
  }

  @Override
  public Newcomer newcomer(String folder) throws InvalidRequestException {
    return new FolderPlugin(folders.load(folder));
  }

  @Override
  public List<PluginName> remove(PluginName plugin, Order order) throws RefusedException {
    requireKnown(plugin);
    return changed(() -> plugins.changes().remove(plugin, order));
  }

  private void requireKnown(PluginName plugin) throws PluginNotFoundException {
    if (plugins.supervisor().of(plugin).isEmpty()) {
      throw new PluginNotFoundException(plugin);
    }
  }

  /** A change that can fail in all the ways that there are. */
  @FunctionalInterface
  private interface Change<T> {
    T make() throws RefusedException, PluginChangeException;
  }

  private static <T> T changed(Change<T> change) throws RefusedException {
    try {
      return change.make();
    } catch (PluginChangeException e) {
      if (e.getCause() instanceof RefusedException refused
          && refused.refusal() == Refusal.INTERNAL) { // the audit log, the random source
        throw refused;
      }
      throw new ChangeFailedException(e);
    } catch (PluginChanges.BeingChangedException e) {
      throw new PluginBusyException(e);
    } catch (IllegalArgumentException e) {
      throw new InvalidRequestException(String.valueOf(e.getMessage()));
    }
  }

  /** The plugin of a folder. */
  private final class FolderPlugin implements Newcomer {
    private final PluginDefinition definition;

    FolderPlugin(PluginDefinition definition) {
      this.definition = definition;
    }

    @Override
    public PluginName name() {
      return definition.name();
    }

    @Override
    public void add(Order order) throws RefusedException {
      var unused =
          changed(
              () -> {
                plugins.changes().add(definition, order);
                return name();
              });
    }

    @Override
    public void replace(PluginName old, Duration calls, Order order) throws RefusedException {
      requireKnown(old);
      if (!old.equals(name())) {
        throw new InvalidRequestException(
            "folder: of plugin " + name() + " (expected: of " + old + ")");
      }
      var unused =
          changed(
              () -> {
                plugins.changes().replace(definition, calls, order);
                return old;
              });
    }
  }

  @Override
  public CompletableFuture<Long> drain(PluginRun run, Duration most) {
    return planes.exit().drained(run, most);
  }
}
