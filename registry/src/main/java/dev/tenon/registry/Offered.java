package dev.tenon.registry;

import dev.tenon.core.RuntimeId;
import dev.tenon.core.Sharing;
import java.util.ArrayList;
import java.util.List;

/**
 * Who provides one service, own plugins first and each in the order of registration. Immutable.
 *
 * @param all eligible or not
 * @param ownEligible which plugins of this host can take calls now
 * @param eligible who can take calls now
 */
record Offered(
    List<Registration> all, List<Registration> ownEligible, List<Registration> eligible) {
  static final Offered NOTHING = new Offered(List.of(), List.of(), List.of());

  Offered {
    all = List.copyOf(all);
    ownEligible = List.copyOf(ownEligible);
    eligible = List.copyOf(eligible);
  }

  /** Puts together what {@code own} and {@code others} claim of one service. */
  static Offered of(
      List<Registration> own,
      List<Registration> theirs,
      BucketMap<RuntimeId, Run> runs,
      Others others) {
    List<Registration> ownEligible =
        own.stream().filter(claim -> runs.get(claim.provider(), Run.UNKNOWN).isEligible()).toList();
    List<Registration> behindOthers =
        theirs.stream().filter(claim -> runs.get(claim.provider()) == null).toList();
    if (behindOthers.isEmpty()) {
      return new Offered(own, ownEligible, ownEligible);
    }
    List<Registration> all = new ArrayList<>(own);
    all.addAll(behindOthers);
    List<Registration> eligible = new ArrayList<>(ownEligible);
    behindOthers.stream()
        .filter(claim -> others.isEligible(claim.provider()))
        .filter(claim -> own.stream().noneMatch(other -> isExclusive(claim, other)))
        .forEach(eligible::add);
    return new Offered(all, ownEligible, eligible);
  }

  static boolean isExclusive(Registration claim, Registration other) {
    return claim.sharing() == Sharing.EXCLUSIVE || other.sharing() == Sharing.EXCLUSIVE;
  }
}
