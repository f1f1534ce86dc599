package dev.tenon.host;

import dev.tenon.core.Identity;
import dev.tenon.core.Requirement;
import dev.tenon.core.ServiceState;
import dev.tenon.core.ServiceWatch;
import dev.tenon.v1.WatchEvent;
import dev.tenon.v1.WatchRequest;
import dev.tenon.v1.WatchState;
import io.grpc.stub.ServerCallStreamObserver;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The watches of one run inside the host: the answers that a plugin elsewhere gets, told on a
 * thread of their own, which is the plugin's to block. Thread-safe.
 */
final class InProcessWatches implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(PluginHost.class.getName());
  private static final Duration PAUSE = Duration.ofSeconds(5);

  private final Planes planes;
  private final Identity plugin;
  private final ThreadPoolExecutor teller;
  private final Set<Open> open = ConcurrentHashMap.newKeySet();
  private volatile boolean ended;

  InProcessWatches(Planes planes, Identity plugin) {
    this.planes = planes;
    this.plugin = plugin;
    teller =
        new ThreadPoolExecutor(
            1,
            1,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "tenon-plugin-watch-" + plugin.id().name());
              thread.setDaemon(true);
              return thread;
            });
    teller.allowCoreThreadTimeOut(true);
  }

  ServiceWatch open(Requirement used, Consumer<ServiceState> told) {
    Open watch = new Open(used, told);
    open.add(watch);
    watch.begin();
    return watch;
  }

  /** Ends all watches, and lets none begin; their thread is interrupted. */
  @Override
  public void close() {
    ended = true;
    open.forEach(Open::close);
    teller.shutdownNow();
  }

  /** One watch, stream after stream. */
  private final class Open implements ServiceWatch {
    private final WatchRequest request;
    private final Consumer<ServiceState> told;
    private volatile boolean closed;
    private volatile @Nullable Stream stream;

    /* Used by the teller alone. */
    private @Nullable ServiceState last;

    Open(Requirement used, Consumer<ServiceState> told) {
      request =
          WatchRequest.newBuilder()
              .setService(used.service().value())
              .setVersionRange(used.versions().toString())
              .build();
      this.told = told;
    }

    void begin() {
      if (closed || ended) {
        return;
      }
      Stream next = new Stream(this);
      stream = next;
      planes.control().watches().answer(request, plugin, next);
      if (closed || ended) {
        close();
      }
    }

    @Override
    public void close() {
      closed = true;
      open.remove(this);
      Stream present = stream;
      if (present != null) {
        present.cancel();
      }
    }

    /** Tells the author on the teller, and then runs {@code next}. */
    void tell(ServiceState now, Runnable next) {
      try {
        teller.execute(
            () -> {
              accept(now);
              next.run();
            });
      } catch (RejectedExecutionException e) {
        LOG.log(Level.DEBUG, "the run of {0} has ended", plugin.id());
      }
    }

    private void accept(ServiceState now) {
      if (closed || now == last) {
        return;
      }
      last = now;
      try {
        told.accept(now);
      } catch (RuntimeException | LinkageError | AssertionError e) {
        LOG.log(Level.WARNING, "plugin " + plugin.id().name() + " failed on a watch", e);
      }
    }

    void refused() {
      tell(ServiceState.UNAVAILABLE, this::later);
    }

    private void later() {
      try {
        var unused =
            planes
                .threads()
                .timer()
                .schedule(
                    () -> planes.threads().control().execute(this::begin),
                    PAUSE.toSeconds(),
                    TimeUnit.SECONDS);
      } catch (RejectedExecutionException e) {
        // The host is closing.
      }
    }
  }

  /** The receiving end of one stream: ready for the next event when the last has been told. */
  private static final class Stream extends ServerCallStreamObserver<WatchEvent> {
    private final Open watch;
    private volatile boolean cancelled;
    private volatile boolean telling;
    private volatile Runnable whenCancelled = () -> {};
    private volatile Runnable whenReady = () -> {};

    Stream(Open watch) {
      this.watch = watch;
    }

    void cancel() {
      cancelled = true;
      whenCancelled.run();
    }

    @Override
    public void onNext(WatchEvent event) {
      telling = true;
      watch.tell(
          state(event.getState()),
          () -> {
            telling = false;
            whenReady.run();
          });
    }

    @Override
    public void onError(Throwable error) {
      cancelled = true;
      watch.refused();
    }

    @Override
    public void onCompleted() {
      cancelled = true;
      watch.refused();
    }

    @Override
    public boolean isCancelled() {
      return cancelled;
    }

    @Override
    public boolean isReady() {
      return !telling && !cancelled;
    }

    @Override
    public void setOnCancelHandler(Runnable handler) {
      whenCancelled = handler;
    }

    @Override
    public void setOnReadyHandler(Runnable handler) {
      whenReady = handler;
    }

    @Override
    public void setCompression(String compression) {}

    @Override
    public void disableAutoInboundFlowControl() {}

    @Override
    public void request(int count) {}

    @Override
    public void setMessageCompression(boolean enable) {}
  }

  private static ServiceState state(WatchState state) {
    return switch (state) {
      case WATCH_STATE_AVAILABLE -> ServiceState.AVAILABLE;
      case WATCH_STATE_DEGRADED -> ServiceState.DEGRADED;
      case WATCH_STATE_UNAVAILABLE, WATCH_STATE_UNSPECIFIED, UNRECOGNIZED ->
          ServiceState.UNAVAILABLE;
    };
  }
}
