package dev.tenon.router.http2;

import static dev.tenon.router.http2.ErrorCode.ENHANCE_YOUR_CALM;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How much of what costs a peer nothing it may send in a while (RFC 9113, section 10.5). For one
 * loop.
 *
 * <p>Frames that belong to calls pay for the small ones that go with them: an honest peer updates
 * windows and measures its path while data flows.
 */
final class FloodLimits {
  static final Duration WINDOW = Duration.ofSeconds(10);

  /**
   * Most streams that end by RST_STREAM, whether the peer resets them (CVE-2023-44487) or has us do
   * it (CVE-2025-8671).
   */
  static final int RESETS = 1_000;

  /** As many for each stream that may be open at once, if that is more. */
  static final int RESETS_PER_STREAM = 10;

  /** Most SETTINGS (CVE-2019-9515). */
  static final int SETTINGS = 100;

  /** Most PINGs (CVE-2019-9512) without as many frames of calls; so many are kept as credit. */
  static final int PINGS = 500;

  /**
   * Most frames that change nothing: PRIORITY, GOAWAY, unknown types, empty DATA (CVE-2019-9518),
   * WINDOW_UPDATE, interim answers, HEADERS after our GOAWAY, and what was under way of a stream
   * that has ended; without half as many frames of calls in either direction. So many are kept as
   * credit.
   */
  static final int IDLE = 2_000;

  /**
   * As many for each stream that a client may have open, if that is more: one whose calls are all
   * refused may have sent HEADERS of every one before DATA of the first, as Netty does while its
   * socket takes nothing.
   */
  static final int IDLE_PER_STREAM = 4;

  private final int mostResets;
  private final int mostIdle;
  private final LongSupplier nanoTime;
  private long begun;
  private int resets;
  private int settings;
  private int pings;
  private int idle;

  /** Makes the limits of a {@code peer} with which {@code maxStreams} may be open. */
  FloodLimits(Settings.From peer, int maxStreams, LongSupplier nanoTime) {
    this.mostResets = Math.max(RESETS, RESETS_PER_STREAM * maxStreams);
    this.mostIdle =
        peer == Settings.From.CLIENT ? Math.max(IDLE, IDLE_PER_STREAM * maxStreams) : IDLE;
    this.nanoTime = nanoTime;
    this.begun = nanoTime.getAsLong();
  }

  /** A frame of a call was read or written. */
  void useful() {
    if (pings > -PINGS) {
      pings--;
    }
    if (idle > -mostIdle) {
      idle -= 2;
    }
  }

  void reset() throws Http2Fault {
    resets = count(resets);
    require(resets, mostResets, "too many streams that were reset");
  }

  void settings() throws Http2Fault {
    settings = count(settings);
    require(settings, SETTINGS, "too many SETTINGS");
  }

  void ping() throws Http2Fault {
    pings = count(pings);
    require(pings, PINGS, "too many PINGs");
  }

  void idle() throws Http2Fault {
    idle = count(idle);
    require(idle, mostIdle, "too many frames without use");
  }

  /** Returns how much of what it may do in a while the peer has done, in percent: 0 to 100. */
  int usedPercent() {
    if (nanoTime.getAsLong() - begun >= WINDOW.toNanos()) {
      return 0;
    }
    int most =
        Math.max(
            Math.max(percent(resets, mostResets), percent(idle, mostIdle)),
            Math.max(percent(pings, PINGS), percent(settings, SETTINGS)));
    return Math.min(100, most);
  }

  private static int percent(int counted, int most) {
    return (int) (100L * counted / most);
  }

  /**
   * Looks at the clock only where something is counted that an honest peer seldom sends, and not
   * for each: the window is a little longer then.
   */
  private int count(int counted) {
    if ((counted & 0xF) == 0) {
      long now = nanoTime.getAsLong();
      if (now - begun >= WINDOW.toNanos()) {
        begun = now;
        resets = 0;
        settings = 0;
        pings = 0;
        idle = 0;
        return 1;
      }
    }
    return counted + 1;
  }

  private static void require(int counted, int most, String what) throws Http2Fault {
    if (counted > most) {
      throw Http2Fault.ofConnection(ENHANCE_YOUR_CALM, what);
    }
  }
}
