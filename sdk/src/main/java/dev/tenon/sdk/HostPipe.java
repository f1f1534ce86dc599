package dev.tenon.sdk;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

import java.io.IOException;
import java.util.Optional;

/**
 * The rest of stdin after the start document. Its end means that the host is gone, however it went.
 *
 * <p>The reading thread is a daemon, so that it keeps no plugin alive.
 */
final class HostPipe {
  private static final System.Logger LOG = System.getLogger(HostPipe.class.getName());

  private final BoundedLine stdin;
  private final Runnable hostGone;

  HostPipe(BoundedLine stdin, Runnable hostGone) {
    this.stdin = stdin;
    this.hostGone = hostGone;
  }

  /** Reads on in a thread of its own; calls {@code hostGone} there, once, at the end. */
  void watch() {
    Thread thread = new Thread(this::readToEnd, "tenon-stdin");
    thread.setDaemon(true);
    thread.start();
  }

  private void readToEnd() {
    try {
      while (readLine()) {
        // A later host may send lines, with tokens; in this version they have no effect; until they
        // are used, a line has no effect.
        LOG.log(DEBUG, "a line from the host on stdin was ignored");
      }
    } finally {
      hostGone.run();
    }
  }

  private boolean readLine() {
    try {
      return readOrSkip().isPresent();
    } catch (IOException e) {
      LOG.log(WARNING, "stdin cannot be read any more", e);
      return false;
    }
  }

  private Optional<byte[]> readOrSkip() throws IOException {
    try {
      return stdin.next();
    } catch (BoundedLine.LineTooLongException e) {
      LOG.log(WARNING, "a line from the host on stdin was skipped: {0}", e.getMessage());
      return stdin.skip() ? Optional.of(new byte[0]) : Optional.empty();
    }
  }
}
