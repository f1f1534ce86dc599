package dev.tenon.host.control;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.router.Admission;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
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
    Open<Q, R> admitted = new Open<>(plugin.runtimeId(), new GuardedCall<>(call));
    open.add(admitted);
    if (runs.find(plugin.runtimeId()).map(run -> run.state().isEnd()).orElse(true)) {
      admitted.end();
    }
    return admitted.listener(next.startCall(admitted.call, headers));
  }

  /** Ends all calls of {@code plugin} with UNAUTHENTICATED. */
  public void end(RuntimeId plugin) {
    open.stream().filter(call -> call.plugin.equals(plugin)).forEach(Open::end);
  }

  /** One call that has not ended. */
  private final class Open<Q, R> {
    private final RuntimeId plugin;
    private final GuardedCall<Q, R> call;
    private volatile boolean ended;

    Open(RuntimeId plugin, GuardedCall<Q, R> call) {
      this.plugin = plugin;
      this.call = call;
    }

    void end() {
      ended = true;
      StatusRuntimeException revoked = RefusalStatus.of(Refusal.NOT_AUTHENTICATED);
      call.close(revoked.getStatus(), Objects.requireNonNull(revoked.getTrailers(), "trailers"));
    }

    /** For the handler, a call that was ended under it is a cancelled one. */
    ServerCall.Listener<Q> listener(ServerCall.Listener<Q> handler) {
      return new SimpleForwardingServerCallListener<>(handler) {
        @Override
        public void onComplete() {
          open.remove(Open.this);
          if (ended) {
            super.onCancel();
          } else {
            super.onComplete();
          }
        }

        @Override
        public void onCancel() {
          open.remove(Open.this);
          super.onCancel();
        }
      };
    }
  }
}
