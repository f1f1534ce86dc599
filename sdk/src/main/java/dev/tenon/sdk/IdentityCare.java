package dev.tenon.sdk;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import dev.tenon.transport.Bootstrap;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the plugin's identity good: renews it in time, renews it when the host refuses a call, and
 * enrols again when the host sends a further start document. Thread-safe.
 */
final class IdentityCare implements AutoCloseable {
  /** How long refused calls ask for nothing after a renewal that did not help. */
  static final Duration PAUSE_AFTER_USELESS = Duration.ofSeconds(30);

  /** How often a private file is looked at while the certificate is expired. */
  static final Duration FILE_PAUSE = Renewer.LONGEST_PAUSE;

  private static final System.Logger LOG = System.getLogger(IdentityCare.class.getName());

  private final CurrentIdentity identity;
  private final Renewer renewer;
  private final Reenrolment reenrolment;
  private final Timer worker;
  private final InstantSource clock;

  /*
   * Everything that changes the identity runs on `worker`, one thing after the other. `underWay` is
   * the renewal that refused calls wait for, one for all of them; it and `quietUntil` are touched
   * under `this`. `document` is the latest line that has not been used: a later one replaces it.
   */
  private final AtomicReference<byte @Nullable []> document = new AtomicReference<>();
  private CompletableFuture<Boolean> underWay = CompletableFuture.completedFuture(false);
  private Instant quietUntil = Instant.MIN;
  private boolean closed;

  /** Makes the care; {@code worker} runs one task after the other, and they may block. */
  IdentityCare(
      CurrentIdentity identity,
      Renewer renewer,
      Reenrolment reenrolment,
      Timer worker,
      InstantSource clock) {
    this.identity = identity;
    this.renewer = renewer;
    this.reenrolment = reenrolment;
    this.worker = worker;
    this.clock = clock;
  }

  /** Plans the first renewal. */
  void begin() {
    worker.after(Duration.ZERO, renewer::plan);
  }

  /**
   * Asks for a successor of {@code refused}, with which the host refused a call. The result tells
   * whether there is another identity now; all who ask meanwhile get the same one.
   */
  synchronized CompletableFuture<Boolean> renewed(LiveIdentity refused) {
    if (identity.now() != refused) {
      return CompletableFuture.completedFuture(true);
    }
    if (closed || clock.instant().isBefore(quietUntil)) {
      return CompletableFuture.completedFuture(false);
    }
    if (underWay.isDone()) {
      CompletableFuture<Boolean> next = new CompletableFuture<>();
      underWay = next;
      worker.after(Duration.ZERO, () -> next.complete(renewNow(refused)));
    }
    return underWay;
  }

  private boolean renewNow(LiveIdentity refused) {
    boolean isRenewed = renewer.renewNow(refused);
    if (!isRenewed) {
      quietFor(Renewer.FIRST_PAUSE);
    }
    return isRenewed;
  }

  /** Notes that a call was refused with the new identity as well: renewing does not help. */
  void useless() {
    quietFor(PAUSE_AFTER_USELESS);
  }

  private synchronized void quietFor(Duration pause) {
    quietUntil = clock.instant().plus(pause);
  }

  /**
   * Enrols again with {@code line} as soon as possible; of several that wait, with the latest.
   * Returns at once.
   */
  void enrolAgain(byte[] line) {
    document.set(line);
    worker.after(Duration.ZERO, this::useLatest);
  }

  private void useLatest() {
    byte[] line = document.getAndSet(null);
    if (line != null) {
      attempt(() -> reenrolment.with(line));
    }
  }

  /** Looks into {@code file} for another document whenever the certificate is found expired. */
  void enrolAgainFrom(BootstrapSource.PrivateFile file) {
    renewer.whenExpired(() -> readAgain(file));
  }

  private void readAgain(BootstrapSource.PrivateFile file) {
    try {
      Bootstrap again = file.read();
      if (reenrolment.isSpent(again)) {
        LOG.log(INFO, "{0}: still the document of the last enrolment", file.path());
      } else {
        attempt(() -> reenrolment.with(again));
      }
    } catch (PluginStartException e) {
      LOG.log(WARNING, "not enrolled again: {0}", e.getMessage());
    }
    if (renewer.isExpired()) {
      worker.after(FILE_PAUSE, () -> readIfExpired(file));
    }
  }

  private void readIfExpired(BootstrapSource.PrivateFile file) {
    if (renewer.isExpired()) {
      readAgain(file);
    }
  }

  /** An enrolment that can be interrupted: by the end of the plugin alone. */
  @FunctionalInterface
  private interface Attempt {
    void run() throws InterruptedException;
  }

  private static void attempt(Attempt enrolment) {
    try {
      enrolment.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Lets those who wait go; nothing is renewed any more. */
  @Override
  public void close() {
    CompletableFuture<Boolean> last;
    synchronized (this) {
      closed = true;
      last = underWay;
    }
    last.complete(false);
  }
}
