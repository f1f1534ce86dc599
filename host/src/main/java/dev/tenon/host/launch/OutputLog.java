package dev.tenon.host.launch;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tenon.core.PluginName;
import dev.tenon.core.Printable;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What a plugin prints, line by line in the host's log, tagged with its name and pid. Thread-safe.
 *
 * <p>Bounded: a line is cut at {@value #MAX_LINE_BYTES} bytes, and after {@value #BURST} lines a
 * plugin gets {@value #LINES_PER_SECOND} a second; what is dropped is counted in one line. Anything
 * but printable text is escaped, so that a plugin cannot forge the lines of others.
 */
final class OutputLog {
  private static final System.Logger LOG = System.getLogger("dev.tenon.plugin");
  private static final int MAX_LINE_BYTES = 1024;
  private static final int BURST = 1000;
  private static final int LINES_PER_SECOND = 100;
  private static final int LAST_LINES = 20;

  /** Where a line came from. */
  enum Stream {
    OUT,
    ERR
  }

  /*
   * Both reader threads write under `this`; nothing is read from the plugin while it is held. Logging
   * happens outside of it.
   */
  private final PluginName plugin;
  private final long pid;
  private final Deque<byte[]> last = new ArrayDeque<>();
  private final CountDownLatch ended = new CountDownLatch(Stream.values().length);
  private double allowance = BURST;
  private long allowanceNanos = System.nanoTime();
  private long dropped;

  OutputLog(PluginName plugin, long pid) {
    this.plugin = plugin;
    this.pid = pid;
  }

  /** Starts to read {@code in} on a thread of its own, until it ends. */
  void follow(Stream stream, InputStream in) {
    Thread thread = new Thread(() -> read(stream, in), "tenon-output-" + plugin + "-" + stream);
    thread.setDaemon(true);
    thread.start();
  }

  private void read(Stream stream, InputStream in) {
    ByteArrayOutputStream line = new ByteArrayOutputStream(128);
    try (InputStream buffered = new BufferedInputStream(in)) {
      for (int b = buffered.read(); b >= 0; b = buffered.read()) {
        if (b == '\n') {
          line(stream, line);
        } else if (line.size() <= MAX_LINE_BYTES) {
          line.write(b);
        }
      }
    } catch (IOException e) {
      // The process has ended and its pipe with it.
    }
    if (line.size() > 0) {
      line(stream, line);
    }
    logDropped(takeDropped());
    ended.countDown();
  }

  /* Most lines of a flood are dropped; only those that are shown are worth the escaping. */
  private void line(Stream stream, ByteArrayOutputStream bytes) {
    byte[] line = bytes.toByteArray();
    bytes.reset();
    long droppedBefore;
    synchronized (this) {
      if (last.size() == LAST_LINES) {
        last.removeFirst();
      }
      last.addLast(line);
      if (!mayLog()) {
        dropped++;
        return;
      }
      droppedBefore = takeDropped();
    }
    logDropped(droppedBefore);
    LOG.log(Level.INFO, "[{0} {1} {2}] {3}", plugin, pidText(), stream, escape(line));
  }

  private synchronized long takeDropped() {
    long taken = dropped;
    dropped = 0;
    return taken;
  }

  private void logDropped(long count) {
    if (count > 0) {
      LOG.log(Level.WARNING, "[{0} {1}] {2} lines dropped", plugin, pidText(), count);
    }
  }

  private String pidText() {
    return Long.toString(pid);
  }

  private boolean mayLog() {
    long now = System.nanoTime();
    allowance = Math.min(BURST, allowance + (now - allowanceNanos) * 1e-9 * LINES_PER_SECOND);
    allowanceNanos = now;
    if (allowance < 1) {
      return false;
    }
    allowance--;
    return true;
  }

  private static String escape(byte[] line) {
    StringBuilder escaped = new StringBuilder(line.length);
    new String(line, UTF_8)
        .codePoints()
        .forEach(
            c -> {
              if (c == '\t' || Printable.isPrintable(c)) {
                escaped.appendCodePoint(c);
              } else {
                escaped.append(String.format("\\u%04x", c));
              }
            });
    return line.length > MAX_LINE_BYTES
        ? escaped.append(" ... (cut)").toString()
        : escaped.toString();
  }

  /** Waits until both streams have ended and everything is logged, for {@code most} at most. */
  void awaitEnd(Duration most) {
    try {
      var unused = ended.await(most.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns the last lines, escaped. */
  synchronized List<String> last() {
    return last.stream().map(OutputLog::escape).toList();
  }
}
