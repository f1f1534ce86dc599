package dev.tenon.host.control;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.router.Admission;
import dev.tenon.transport.EndableCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The open control calls of plugins, among them waits and watches; the calls of a run that was
 * ended end with it. Behind {@link Admission}. Thread-safe.
 */
public final class ControlCalls implements ServerInterceptor {
  /*
   * A call is in `open` before it is asked whether its run lives. A run is ended before its calls are:
   * so a call that comes meanwhile is seen by `end`, or sees that its run has ended.
   */
  private final Set<Open<?, ?>> open = ConcurrentHashMap.newKeySet();
  private final PluginRuns runs;

  /** Makes an empty set of calls of {@code runs}. */
  public ControlCalls(PluginRuns runs) {
    this.runs = runs;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    SpiffeId caller = Objects.requireNonNull(Admission.CALLER.get(), "caller").id();
    if (!(caller instanceof SpiffeId.OfPlugin plugin)) {
      throw new IllegalStateException("caller: " + caller + " (expected: a plugin)");
    }
    Open<Q, R> admitted = new Open<>(plugin.runtimeId(), call);
    open.add(admitted);
    if (runs.find(plugin.runtimeId()).map(run -> run.state().isEnd()).orElse(true)) {
      admitted.end();
    }
    return admitted.listener(next.startCall(admitted, headers), () -> open.remove(admitted));
  }

  /** Ends all calls of {@code plugin} with UNAUTHENTICATED. */
  public void end(RuntimeId plugin) {
    open.stream().filter(call -> call.plugin.equals(plugin)).forEach(Open::end);
  }

  /** One call that has not ended. */
  private static final class Open<Q, R> extends EndableCall<Q, R> {
    private final RuntimeId plugin;

    Open(RuntimeId plugin, ServerCall<Q, R> call) {
      super(call);
      this.plugin = plugin;
    }

    void end() {
      endUnder(RefusalStatus.of(Refusal.NOT_AUTHENTICATED));
    }
  }
}
