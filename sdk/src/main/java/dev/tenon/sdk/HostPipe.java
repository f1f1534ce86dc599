package dev.tenon.sdk;

import static java.lang.System.Logger.Level.WARNING;

import java.io.IOException;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The rest of stdin after the start document: each further line is another start document, for the
 * same run. Its end means that the host is gone, however it went.
 *
 * <p>The reading thread is a daemon, so that it keeps no plugin alive. Lines are never logged.
 */
final class HostPipe {
  private static final System.Logger LOG = System.getLogger(HostPipe.class.getName());

  private final BoundedLine stdin;
  private final Consumer<byte[]> further;
  private final Runnable hostGone;

  HostPipe(BoundedLine stdin, Consumer<byte[]> further, Runnable hostGone) {
    this.stdin = stdin;
    this.further = further;
    this.hostGone = hostGone;
  }

  /**
   * Reads on in a thread of its own. Calls {@code further} there with each line, which must return
   * at once, and {@code hostGone}, once, at the end.
   */
  void watch() {
    Thread thread = new Thread(this::readToEnd, "tenon-stdin");
    thread.setDaemon(true);
    thread.start();
  }

  private void readToEnd() {
    try {
      Optional<byte[]> line = read();
      while (line.isPresent()) {
        if (line.get().length > 0) {
          further.accept(line.get());
        }
        line = read();
      }
    } finally {
      hostGone.run();
    }
  }

  private Optional<byte[]> read() {
    try {
      return readOrSkip();
    } catch (IOException e) {
      LOG.log(WARNING, "stdin cannot be read any more", e);
      return Optional.empty();
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
