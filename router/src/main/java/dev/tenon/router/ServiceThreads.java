package dev.tenon.router;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads of services that run inside the host, and the limit on what may wait for them: an
 * executor for their server, and an interceptor for the channels to it. Thread-safe.
 */
public final class ServiceThreads implements Executor, ClientInterceptor, AutoCloseable {
  /*
   * The queue itself refuses nothing: a task refused in the middle of a call would leave that call
   * without an end. Instead no call starts while too many tasks wait. A started call has at most
   * one task of its own and one for its cancellation in the queue, so the queue stays bounded by
   * the limit and the calls that were let in under it; a cancelled call counts as long as its task
   * waits, so starting and cancelling does not get around the limit.
   */
  private static final Duration IDLE = Duration.ofSeconds(30);
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private final int maxWaiting;
  private final ThreadPoolExecutor pool;

  /** Makes {@code threads} threads at most, with {@code maxWaiting} tasks before calls end. */
  public ServiceThreads(int threads, int maxWaiting) {
    this.maxWaiting = maxWaiting;
    this.pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            IDLE.toSeconds(),
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            ServiceThreads::thread,
            new ThreadPoolExecutor.DiscardPolicy());
    pool.allowCoreThreadTimeOut(true);
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "tenon-host-service-" + NUMBER.incrementAndGet());
    thread.setDaemon(true);
    return thread;
  }

  @Override
  public void execute(Runnable task) {
    pool.execute(task);
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    return pool.getQueue().size() < maxWaiting
        ? next.newCall(method, options)
        : new NoCall<>(Status.RESOURCE_EXHAUSTED);
  }

  @Override
  public void close() {
    pool.shutdownNow();
  }
}
