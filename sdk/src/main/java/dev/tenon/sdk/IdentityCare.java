package dev.tenon.sdk;

import static java.lang.System.Logger.Level.DEBUG;
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
   * the renewal that refused calls wait for, one for all of them; it, `quietUntil` and `renewedAt`
   * are touched under `this`. `document` is the latest line that has not been used: a later one
   * replaces it. `isLookPlanned` is touched on `worker` alone.
   */
  private final AtomicReference<byte @Nullable []> document = new AtomicReference<>();
  private CompletableFuture<Boolean> underWay = CompletableFuture.completedFuture(false);
  private Instant quietUntil = Instant.MIN;
  private Instant renewedAt = Instant.MIN;
  private boolean isLookPlanned;
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
      worker.after(Duration.ZERO, () -> renewNow(refused, next));
    }
    return underWay;
  }

  /**
   * Renews because the host asks for it, and then makes the connections to it anew. The result
   * tells whether there is another identity now, with the trust that came with it.
   */
  CompletableFuture<Boolean> renewForHost() {
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    worker.after(Duration.ZERO, () -> renewForHost(done));
    return done;
  }

  private void renewForHost(CompletableFuture<Boolean> done) {
    boolean isRenewed = false;
    try {
      isRenewed = renewer.renewNow(identity.now());
      if (isRenewed) {
        attempt("not connected anew", reenrolment::reconnect);
      }
    } finally {
      done.complete(isRenewed);
    }
  }

  /** Completes {@code asked} whatever happens: callers wait for it, some without a deadline. */
  private void renewNow(LiveIdentity refused, CompletableFuture<Boolean> asked) {
    boolean isRenewed = false;
    try {
      isRenewed = renewer.renewNow(refused);
    } finally {
      note(isRenewed);
      asked.complete(isRenewed);
    }
  }

  private synchronized void note(boolean isRenewed) {
    if (isRenewed) {
      renewedAt = clock.instant();
    } else {
      quietFor(Renewer.FIRST_PAUSE);
    }
  }

  /**
   * Notes that the host refused a call that is not made again, with {@code refused}: asks for a
   * successor for the calls after it. An identity that a refused call asked for a moment ago gets
   * none: renewing did not help.
   */
  synchronized void refusedForGood(LiveIdentity refused) {
    boolean isFresh = clock.instant().isBefore(renewedAt.plus(PAUSE_AFTER_USELESS));
    if (isFresh && identity.now() == refused) {
      useless();
    } else {
      var unused = renewed(refused);
    }
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
      attempt("not enrolled again", () -> reenrolment.with(line));
    }
  }

  /** Looks into {@code file} for another document whenever the certificate is found expired. */
  void enrolAgainFrom(BootstrapSource.PrivateFile file) {
    renewer.whenExpired(() -> readAgain(file));
  }

  /**
   * Enrols with the document in {@code file}, if there is one that was not looked at before. On the
   * thread that changes the identity.
   */
  void lookInto(BootstrapSource.PrivateFile file) {
    try {
      Bootstrap found = file.read();
      if (!reenrolment.isKnown(found)) {
        attempt("not enrolled again", () -> reenrolment.withAnyRun(found));
      }
    } catch (PluginStartException e) {
      LOG.log(DEBUG, "no document: {0}", e.getMessage());
    }
  }

  private void readAgain(BootstrapSource.PrivateFile file) {
    try {
      Bootstrap again = file.read();
      if (reenrolment.isKnown(again)) {
        LOG.log(INFO, "{0}: no other document than the last", file.path());
      } else {
        attempt("not enrolled again", () -> reenrolment.withAnyRun(again));
      }
    } catch (PluginStartException e) {
      LOG.log(WARNING, "not enrolled again: {0}", e.getMessage());
    }
    if (renewer.isExpired() && !isLookPlanned) {
      isLookPlanned = true;
      worker.after(FILE_PAUSE, () -> readIfExpired(file));
    }
  }

  private void readIfExpired(BootstrapSource.PrivateFile file) {
    isLookPlanned = false;
    if (renewer.isExpired()) {
      readAgain(file);
    }
  }

  /** Work with the host that can be interrupted: by the end of the plugin alone. */
  @FunctionalInterface
  private interface Attempt {
    void run() throws InterruptedException;
  }

  private static void attempt(String failed, Attempt work) {
    try {
      work.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.log(WARNING, failed, e);
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
