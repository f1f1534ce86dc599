package dev.tenon.host;

import dev.tenon.host.control.Trust;

/**
 * How many credentials a host holds for runs of its plugins.
 *
 * @param lineages runs with a live key and runtime token, and so with a certificate that is worth
 *     anything
 * @param enrolmentTokens enrolment tokens that are out
 */
public record HeldSecrets(int lineages, int enrolmentTokens) {
  /** Counts those of {@code host}. */
  public static HeldSecrets of(PluginHost host) {
    Trust trust = host.running().planes().trust();
    return new HeldSecrets(trust.lineages().live(), trust.enrolmentTokens().live());
  }
}
