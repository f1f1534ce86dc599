package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.CompletableFuture;

/**
 * How far one authority has succeeded another.
 *
 * @param settled completes when every plugin uses what the new authority issued, or the overlap is
 *     over
 * @param over completes when the old authority is trusted no more; both fail if the new authority
 *     could not issue after all, and was dropped
 */
public record Succession(CompletableFuture<Void> settled, CompletableFuture<Void> over) {
  /** Checks for null. */
  public Succession {
    requireNonNull(settled, "settled");
    requireNonNull(over, "over");
  }
}
