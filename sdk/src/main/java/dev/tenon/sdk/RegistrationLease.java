package dev.tenon.sdk;

import static java.lang.System.Logger.Level.DEBUG;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Keeps the control connection, which the registrations live with: opens it again when it is lost
 * and then registers again, and tries again what is missing.
 */
final class RegistrationLease {
  private static final System.Logger LOG = System.getLogger(RegistrationLease.class.getName());

  private final ManagedChannel control;
  private final Registrations registrations;
  private final Timer worker;
  private final Duration retryMissing;
  private final BooleanSupplier draining;

  /*
   * `lost` is only touched by the callbacks of the channel, which come one after the other. The rest
   * runs on the worker, which owns `registrations`; `retrying` says that a later attempt is due, and
   * `started` that the first one is over.
   */
  private boolean lost;
  private boolean retrying;
  private boolean started;

  RegistrationLease(
      ManagedChannel control,
      Registrations registrations,
      Timer worker,
      Duration retryMissing,
      BooleanSupplier draining) {
    this.control = control;
    this.registrations = registrations;
    this.worker = worker;
    this.retryMissing = retryMissing;
    this.draining = draining;
  }

  /** Opens the connection and watches it from now on. */
  void watch() {
    next(control.getState(/* requestConnection= */ true));
  }

  /**
   * Registers for the first time; on the worker.
   *
   * @throws PluginStartException as {@link Registrations#start}
   */
  void start() throws PluginStartException {
    boolean isComplete = registrations.start();
    started = true;
    retryUnless(isComplete);
  }

  /** Reports the plugin's health again, once it is registered; on the worker, later. */
  void reportHealth() {
    worker.after(
        Duration.ZERO,
        () -> {
          if (started) {
            complete();
          }
        });
  }

  private void next(ConnectivityState current) {
    if (current != ConnectivityState.SHUTDOWN) {
      control.notifyWhenStateChanged(current, () -> changedFrom(current));
    }
  }

  private void changedFrom(ConnectivityState previous) {
    lost |= previous == ConnectivityState.READY;
    ConnectivityState current = control.getState(/* requestConnection= */ true);
    LOG.log(DEBUG, "control connection: {0}", current);
    if (lost && current == ConnectivityState.READY) {
      lost = false;
      worker.after(Duration.ZERO, this::registerAgain);
    }
    next(current);
  }

  private void registerAgain() {
    registrations.forget();
    complete();
  }

  private void retry() {
    retrying = false;
    complete();
  }

  private void complete() {
    retryUnless(draining.getAsBoolean() || registrations.complete());
  }

  private void retryUnless(boolean done) {
    if (!done && !retrying) {
      retrying = true;
      worker.after(retryMissing, this::retry);
    }
  }
}
