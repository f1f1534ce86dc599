package dev.tenon.host;

import dev.tenon.auth.audit.AuditTail;
import dev.tenon.core.PluginName;
import dev.tenon.core.ServiceName;
import dev.tenon.host.control.HostOperations;
import dev.tenon.host.control.Order;
import dev.tenon.host.control.PluginRun;
import dev.tenon.host.control.PluginRuns;
import io.grpc.Channel;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/**
 * A host without plugins of its own, which does nothing that is not on record before; its audit log
 * may be a test's.
 */
record UnrecordedOperations(PluginRuns runs, Log log) implements HostOperations {
  /** An audit log as it is read. */
  @FunctionalInterface
  interface Log {
    /** Returns the records that follow the number {@code sequence}. */
    List<AuditTail.Line> after(long sequence);
  }

  UnrecordedOperations(PluginRuns runs) {
    this(
        runs,
        sequence -> {
          throw unrecorded();
        });
  }

  private static AssertionError unrecorded() {
    return new AssertionError("not on record");
  }

  @Override
  public List<PluginView> list() {
    return runs.all().stream().map(UnrecordedOperations::view).toList();
  }

  private static PluginView view(PluginRun run) {
    return new PluginView(
        run.id().runtimeId(), OptionalLong.empty(), "none", run.state(), 0, List.of());
  }

  @Override
  public CompletableFuture<Long> drain(PluginRun run, Duration most) {
    runs.withdraw(run);
    return CompletableFuture.completedFuture(0L);
  }

  @Override
  public boolean withdraw(PluginName plugin, ServiceName service, Order order) {
    throw unrecorded();
  }

  @Override
  public List<AuditTail.Line> audit(int most) {
    return log.after(0);
  }

  @Override
  public List<AuditTail.Line> auditAfter(long sequence) {
    return log.after(sequence);
  }

  @Override
  public Channel calls() {
    throw unrecorded();
  }

  /** Returns a plugin called alpha, whatever the folder. */
  @Override
  public Newcomer newcomer(String folder) {
    return new Newcomer() {
      @Override
      public PluginName name() {
        return new PluginName("alpha");
      }

      @Override
      public void add(Order order) {
        throw unrecorded();
      }

      @Override
      public void replace(PluginName old, Duration calls, Order order) {
        throw unrecorded();
      }
    };
  }

  @Override
  public List<PluginName> remove(PluginName plugin, Order order) {
    throw unrecorded();
  }
}
