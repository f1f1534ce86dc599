package dev.tenon.core;

import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** The nonces of a time, each of which is good once. Thread-safe. */
final class SeenNonces {
  /** What became of a nonce that was shown. */
  enum Seen {
    /** It is remembered from now on. */
    FIRST,
    /** It was shown before. */
    AGAIN,
    /** There are too many to remember one more. */
    FULL
  }

  /*
   * `seen` is guarded by `this`, which is held for a look into it. It is in the order of arrival, in
   * which nonces are forgotten too: none before its time.
   */
  private final Map<String, Instant> seen = new LinkedHashMap<>();
  private final Duration time;
  private final int most;

  SeenNonces(Duration time, int most) {
    this.time = time;
    this.most = most;
  }

  synchronized Seen show(String nonce, Instant now) {
    Iterator<Instant> eldest = seen.values().iterator();
    while (eldest.hasNext() && eldest.next().plus(time).isBefore(now)) {
      eldest.remove();
    }
    if (seen.containsKey(nonce)) {
      return Seen.AGAIN;
    }
    if (seen.size() >= most) {
      return Seen.FULL;
    }
    seen.put(nonce, now);
    return Seen.FIRST;
  }
}
