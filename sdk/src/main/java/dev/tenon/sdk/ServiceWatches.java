package dev.tenon.sdk;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

import dev.tenon.core.Requirement;
import dev.tenon.core.ServiceState;
import dev.tenon.core.ServiceWatch;
import dev.tenon.v1.RegistryGrpc;
import dev.tenon.v1.WatchEvent;
import dev.tenon.v1.WatchRequest;
import dev.tenon.v1.WatchState;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The watches that the plugin's author has open, by the host's account. Thread-safe. */
final class ServiceWatches implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(ServiceWatches.class.getName());

  /** Between a stream that has told something and the next, whatever ends it. */
  private static final Duration AGAIN = Duration.ofMillis(100);

  private final RegistryGrpc.RegistryStub registry;
  private final Timer timer;
  private final Duration pause;
  private final Set<Open> open = ConcurrentHashMap.newKeySet();

  /** Makes watches that ask {@code registry}, and again after {@code pause} when it fails. */
  ServiceWatches(Channel registry, Timer timer, Duration pause) {
    this.registry = RegistryGrpc.newStub(registry);
    this.timer = timer;
    this.pause = pause;
  }

  ServiceWatch open(Requirement used, Consumer<ServiceState> told) {
    Open watch = new Open(used, told);
    open.add(watch);
    watch.begin();
    return watch;
  }

  /** Ends all watches. */
  @Override
  public void close() {
    open.forEach(Open::close);
  }

  /** One watch, stream after stream. */
  private final class Open implements ServiceWatch {
    /*
     * Streams come one after another, the next from the end of the last, and gRPC tells the events of
     * each one at a time: so `last` needs no lock. A stream that has told something and ends is only
     * followed by another; one that has told nothing says that the host does not answer.
     * Whoever closes sets `closed` before it looks for a stream; who begins one enters it before it
     * looks at `closed`.
     */
    private final WatchRequest request;
    private final Consumer<ServiceState> told;
    private volatile boolean closed;
    private volatile @Nullable ClientCallStreamObserver<WatchRequest> stream;
    private @Nullable ServiceState last;

    Open(Requirement used, Consumer<ServiceState> told) {
      request =
          WatchRequest.newBuilder()
              .setService(used.service().value())
              .setVersionRange(used.versions().toString())
              .build();
      this.told = told;
    }

    /** Not in the context of a call that happens to be served: the watch outlives it. */
    void begin() {
      if (!closed) {
        Context.ROOT.run(() -> registry.watch(request, new Events()));
        if (closed) {
          cancel();
        }
      }
    }

    @Override
    public void close() {
      closed = true;
      open.remove(this);
      cancel();
    }

    private void cancel() {
      ClientCallStreamObserver<WatchRequest> present = stream;
      if (present != null) {
        present.cancel("the watch was closed", /* cause= */ null);
      }
    }

    private void tell(ServiceState now) {
      if (closed || now == last) {
        return;
      }
      last = now;
      try {
        told.accept(now);
      } catch (RuntimeException e) {
        LOG.log(WARNING, "a watch of " + request.getService() + " failed on " + now, e);
      }
    }

    /** The events of one stream. */
    private final class Events implements ClientResponseObserver<WatchRequest, WatchEvent> {
      private boolean hasTold;

      @Override
      public void beforeStart(ClientCallStreamObserver<WatchRequest> starting) {
        stream = starting;
      }

      @Override
      public void onNext(WatchEvent event) {
        hasTold = true;
        tell(state(event.getState()));
      }

      @Override
      public void onError(Throwable error) {
        LOG.log(DEBUG, () -> "watch of " + request.getService() + ": " + error.getMessage());
        ended();
      }

      @Override
      public void onCompleted() {
        ended();
      }

      private void ended() {
        if (!hasTold) {
          tell(ServiceState.UNAVAILABLE);
        }
        if (!closed) {
          timer.after(hasTold ? AGAIN : pause, Open.this::begin);
        }
      }
    }
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
