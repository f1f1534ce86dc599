package dev.tenon.host;

import dev.tenon.transport.ConnectionCounts;
import java.util.Map;

/**
 * What became of the connections to one host since its start. Immutable.
 *
 * @param accepted those that a handshake was begun with
 * @param overLimits those that were closed because a limit was reached
 * @param unfinished those that ended before their handshake did
 * @param refused how many were refused by reason, as the audit log has it: for who made them, in
 *     the handshake or right after it, or for a cap; those over a rate are in {@code overLimits}
 *     alone
 */
public record ConnectionTotals(
    long accepted, long overLimits, long unfinished, Map<String, Long> refused) {
  /** Copies the map. */
  public ConnectionTotals {
    refused = Map.copyOf(refused);
  }

  static ConnectionTotals of(ConnectionCounts counts, Map<String, Long> refused) {
    return new ConnectionTotals(counts.accepted(), counts.refused(), counts.unfinished(), refused);
  }
}
