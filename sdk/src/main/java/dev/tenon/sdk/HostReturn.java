package dev.tenon.sdk;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * What a plugin does without its host, if that has not started it: it serves on, and looks for the
 * start document that the host leaves when it is back; after a while it gives up. Time is measured
 * by a clock that only grows. Not thread-safe: the identity thread alone uses it.
 */
final class HostReturn {
  /** How often the plugin looks whether the host is there. */
  static final Duration LOOK = Duration.ofSeconds(1);

  private static final System.Logger LOG = System.getLogger(HostReturn.class.getName());

  private final BooleanSupplier isConnected;
  private final IdentityCare care;
  private final Timer worker;
  private final LongSupplier nanos;
  private final Duration window;

  /*
   * A host that does not know the run any more takes its connection and closes it at once, so one
   * look at a moment at which it is open proves nothing: `isBack` is the look before.
   */
  private boolean isAway;
  private boolean isBack;
  private long awaySince;

  /**
   * Makes the watch; {@code isConnected} tells whether there is a control connection, and the
   * plugin waits for {@code window} when there is none.
   */
  HostReturn(
      BooleanSupplier isConnected,
      IdentityCare care,
      Timer worker,
      LongSupplier nanos,
      Duration window) {
    this.isConnected = isConnected;
    this.care = care;
    this.worker = worker;
    this.nanos = nanos;
    this.window = window;
  }

  /** Looks from now on, into {@code file} if the host is away; {@code givenUp} runs at the end. */
  void follow(BootstrapSource.PrivateFile file, Runnable givenUp) {
    worker.after(LOOK, () -> look(file, givenUp));
  }

  private void look(BootstrapSource.PrivateFile file, Runnable givenUp) {
    if (isConnected.getAsBoolean()) {
      connected();
    } else {
      isBack = false;
      away(file);
    }
    if (isAway && nanos.getAsLong() - awaySince > window.toNanos()) {
      LOG.log(ERROR, "the host has not come back within {0}: this plugin ends", window);
      givenUp.run();
    } else {
      follow(file, givenUp);
    }
  }

  private void connected() {
    if (isAway && isBack) {
      isAway = false;
      LOG.log(INFO, "the host is back");
    }
    isBack = true;
  }

  private void away(BootstrapSource.PrivateFile file) {
    if (!isAway) {
      isAway = true;
      awaySince = nanos.getAsLong();
      LOG.log(WARNING, "the host is away; it may come back within {0}: {1}", window, file.path());
    }
    care.lookInto(file);
  }
}
