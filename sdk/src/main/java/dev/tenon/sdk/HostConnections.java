package dev.tenon.sdk;

import static java.lang.System.Logger.Level.WARNING;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The plugin's two long-lived channels to its host, for control and for calls. Thread-safe. */
final class HostConnections {
  /** How long a second control connection stays: long enough to register everything again. */
  private static final Duration BRIDGE_LIFE = Duration.ofSeconds(10);

  private static final System.Logger LOG = System.getLogger(HostConnections.class.getName());

  private final HostChannels host;
  private final CurrentIdentity identity;
  private final Timer timer;
  private final ManagedChannel control;
  private final ManagedChannel data;

  /*
   * The host drops what a plugin registered when its last control connection ends. While the control
   * channel changes to a new connection, `bridge` is a second one, so that nothing is dropped. It is
   * touched under `this`.
   */
  private @Nullable ManagedChannel bridge;

  HostConnections(HostChannels host, CurrentIdentity identity, AgreedLimits limits, Timer timer) {
    this.host = host;
    this.identity = identity;
    this.timer = timer;
    control = host.control(identity::credentials);
    data = host.data(identity::credentials, limits);
  }

  /** Returns the channel that registrations live with. */
  ManagedChannel control() {
    return control;
  }

  /** Returns whether there is a control connection at this moment; opens none. */
  boolean isOpen() {
    return control.getState(/* requestConnection= */ false) == ConnectivityState.READY;
  }

  /** Returns the channel to other plugins and the host's services. */
  ManagedChannel data() {
    return data;
  }

  /**
   * Makes both connections anew, with the identity of the moment; calls that are open end on the
   * old ones. Waits at most {@code limit} for the host.
   *
   * @throws InterruptedException if the thread is interrupted meanwhile
   */
  void remake(Duration limit) throws InterruptedException {
    ManagedChannel second = host.control(identity::credentials);
    boolean isReady = awaitReady(second, limit);
    cross(second); // not earlier: another change may be under way, and live by the bridge before
    if (!isReady) {
      LOG.log(WARNING, "control connection: the host did not answer within {0}", limit);
    }
    control.enterIdle();
    data.enterIdle();
    timer.after(BRIDGE_LIFE, second::shutdownNow);
  }

  private synchronized void cross(ManagedChannel second) {
    if (bridge != null) {
      bridge.shutdownNow();
    }
    bridge = second;
  }

  private static boolean awaitReady(ManagedChannel channel, Duration limit)
      throws InterruptedException {
    CountDownLatch ready = new CountDownLatch(1);
    watch(channel, ready);
    return ready.await(limit.toNanos(), TimeUnit.NANOSECONDS);
  }

  private static void watch(ManagedChannel channel, CountDownLatch ready) {
    ConnectivityState state = channel.getState(/* requestConnection= */ true);
    if (state == ConnectivityState.READY) {
      ready.countDown();
    } else if (state != ConnectivityState.SHUTDOWN) {
      channel.notifyWhenStateChanged(state, () -> watch(channel, ready));
    }
  }

  /** Ends all connections, with their calls. */
  void close() throws InterruptedException {
    synchronized (this) {
      if (bridge != null) {
        bridge.shutdownNow();
      }
    }
    data.shutdownNow();
    control.shutdownNow();
    data.awaitTermination(1, TimeUnit.SECONDS);
    control.awaitTermination(1, TimeUnit.SECONDS);
  }
}
