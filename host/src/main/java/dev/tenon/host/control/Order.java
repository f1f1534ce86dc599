package dev.tenon.host.control;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.PluginName;

/**
 * Who wants something done to a run, and why, as the audit log has it.
 *
 * @param actor {@code host} for the host's own program, or an administrator
 */
public record Order(String actor, String reason) {
  /** Checks for null. */
  public Order {
    requireNonNull(actor, "actor");
    requireNonNull(reason, "reason");
  }

  /** Returns an order of the host's own program. */
  public static Order ofProgram(String reason) {
    return new Order(PluginName.HOST, reason);
  }
}
