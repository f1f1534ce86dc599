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
import java.util.concurrent.ThreadPoolExecutor;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Services in this process that never block, of the host or of one run of a plugin: their unary
 * methods run on the threads of callers inside the host, without a transport in between.
 * Thread-safe.
 */
public final class DirectServices implements AutoCloseable {
  /*
   * A call is among `open` before `closed` is looked at, and `close` sets that before it looks through
   * `open`: so a call that goes on meanwhile is ended by one of the two.
   */
  private volatile Map<String, ServerMethodDefinition<?, ?>> unary = Map.of();
  private final ScheduledExecutorService timer;
  private final Set<DirectCall<?, ?, ?, ?>> open = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /** Makes a set of no services yet: until {@link #serve}, calls go another way. */
  public DirectServices() {
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
    deadlines.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy()); // see add
    timer = deadlines;
  }

  /** Serves {@code services}, and those alone; the calls of others go another way. */
  public void serve(Collection<ServerServiceDefinition> services) {
    unary =
        services.stream()
            .flatMap(service -> service.getMethods().stream())
            .filter(method -> method.getMethodDescriptor().getType() == MethodType.UNARY)
            .collect(
                Collectors.toUnmodifiableMap(
                    method -> method.getMethodDescriptor().getFullMethodName(), method -> method));
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

  /** Returns whether they serve nobody any more. */
  boolean isClosed() {
    return closed;
  }

  /**
   * Ends open calls with UNAVAILABLE; what a method answers from now on comes too late. Idempotent.
   */
  @Override
  public void close() {
    closed = true;
    open.forEach(call -> call.end(Status.UNAVAILABLE));
    timer.shutdownNow();
  }
}
