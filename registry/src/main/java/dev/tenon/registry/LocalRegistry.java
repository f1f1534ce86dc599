package dev.tenon.registry;

import dev.tenon.core.SpiffeId;

/**
 * A registry in the memory of one host, which also knows what other hosts say of their plugins.
 *
 * <p>Whoever shares registrations between hosts (through a store, for one) keeps one of these up to
 * date and answers from it. Claims behind other hosts are chosen, discovered, watched and listed
 * like those of the host's own plugins, with these differences:
 *
 * <ul>
 *   <li>They come after all own ones, so that {@link dev.tenon.core.Selection.Plain#FIRST} takes an
 *       own provider as long as one can take calls. A service with another selection is shared out
 *       among the providers of all hosts.
 *   <li>They can be neither withdrawn nor taken over here, and no report of a plugin changes their
 *       health.
 *   <li>An own plugin cannot claim what they exclude, also not as a standby of the same plugin's
 *       name. A claim of theirs that an own one excludes, which a shared store should have
 *       prevented, takes no calls; nor does one of a runtime id that is known as an own one.
 * </ul>
 */
public interface LocalRegistry extends ServiceRegistry {
  @Override
  void check(Registration claim) throws ServiceTakenException, LimitReachedException;

  @Override
  Registration register(Registration claim) throws ServiceTakenException, LimitReachedException;

  /**
   * Believes from now on the claims of other hosts that {@code rule} believes; those that are there
   * are asked about again. To be called again when the rule's answers may have changed. Until it is
   * called, no claim of another host is believed.
   */
  void believe(HostRule rule);

  /**
   * Puts {@code claims} in the place of all that the host said before, in one step.
   *
   * @throws LimitReachedException if more claims of other hosts would be believed, all together,
   *     than the registry keeps; nothing has changed
   */
  void put(HostClaims claims) throws LimitReachedException;

  /** Forgets all claims of {@code host}, in one step. Idempotent. */
  void remove(SpiffeId.OfHost host);
}
