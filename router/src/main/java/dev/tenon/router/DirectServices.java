package dev.tenon.router;

import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Services in this process that never block: their unary methods run on the threads of their
 * callers, without a transport in between. Thread-safe.
 */
final class DirectServices implements AutoCloseable {
  /*
   * A call is among `open` before `closed` is looked at, and `close` sets that before it looks through
   * `open`: so a call that goes on meanwhile is ended by one of the two.
   */
  private final Map<String, ServerMethodDefinition<?, ?>> unary;
  private final ScheduledExecutorService timer;
  private final Set<DirectCall<?, ?, ?, ?>> open = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  DirectServices(Collection<ServerServiceDefinition> services) {
    unary =
        services.stream()
            .flatMap(service -> service.getMethods().stream())
            .filter(method -> method.getMethodDescriptor().getType() == MethodType.UNARY)
            .collect(
                Collectors.toUnmodifiableMap(
                    method -> method.getMethodDescriptor().getFullMethodName(), method -> method));
    ScheduledThreadPoolExecutor deadlines =
        new ScheduledThreadPoolExecutor(
            0,
            task -> {
              Thread thread = Executors.defaultThreadFactory().newThread(task);
              thread.setName("tenon-direct-deadlines");
              thread.setDaemon(true);
              return thread;
            });
    deadlines.setRemoveOnCancelPolicy(true);
    timer = deadlines;
  }

  /** Returns the method that {@code called} goes to, or null if it does not go this way. */
  @Nullable ServerMethodDefinition<?, ?> method(MethodDescriptor<?, ?> called) {
    return closed || called.getType() != MethodType.UNARY
        ? null
        : unary.get(called.getFullMethodName());
  }

  ScheduledExecutorService timer() {
    return timer;
  }

  /** Notes that {@code call} goes on although the method has returned. */
  void add(DirectCall<?, ?, ?, ?> call) {
    open.add(call);
    if (call.isOver()) {
      open.remove(call);
    } else if (closed) {
      call.end(Status.UNAVAILABLE);
    }
  }

  void remove(DirectCall<?, ?, ?, ?> call) {
    if (!open.isEmpty()) {
      open.remove(call);
    }
  }

  /** Ends open calls with UNAVAILABLE. */
  @Override
  public void close() {
    closed = true;
    open.forEach(call -> call.end(Status.UNAVAILABLE));
    timer.shutdownNow();
  }
}
