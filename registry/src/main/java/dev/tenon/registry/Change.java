package dev.tenon.registry;

import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The way from one snapshot to the next: what is different, and which services that concerns. Used
 * by one thread, for one snapshot.
 */
final class Change {
  private final Snapshot before;
  private final Map<RuntimeId, Optional<Run>> runs = new HashMap<>();
  private final Map<String, Optional<Snapshot.Numbered>> byId = new HashMap<>();
  private final Map<ServiceName, Optional<List<Registration>>> byService = new HashMap<>();
  private final Set<ServiceName> concerned = new HashSet<>();
  private int count;
  private long next;
  private Others others;

  Change(Snapshot before) {
    this.before = before;
    count = before.ownClaims().count();
    next = before.ownClaims().next();
    others = before.others();
  }

  /** Returns a run as it is by now. */
  Run run(RuntimeId id) {
    Optional<Run> changed = runs.get(id);
    return changed == null ? before.runs().get(id, Run.UNKNOWN) : changed.orElse(Run.UNKNOWN);
  }

  /**
   * Puts {@code run} in the place of what was known of it; nothing is known of one that is blank.
   */
  void put(RuntimeId id, Run run) {
    run.claims().forEach(claim -> concerned.add(claim.service()));
    // What another host says of a run that is one of this host's does not stand.
    others.claims(id).forEach(claim -> concerned.add(claim.service()));
    runs.put(id, run.equals(Run.UNKNOWN) ? Optional.empty() : Optional.of(run));
  }

  void add(Registration claim) {
    List<Registration> own = new ArrayList<>(run(claim.provider()).claims());
    own.add(claim);
    put(claim.provider(), run(claim.provider()).claiming(own));
    List<Registration> all = new ArrayList<>(of(claim.service()));
    all.add(claim);
    byService.put(claim.service(), Optional.of(List.copyOf(all)));
    byId.put(claim.id(), Optional.of(new Snapshot.Numbered(next++, claim)));
    count++;
  }

  /** Puts {@code claim} in the place of {@code old}, the same run's to the same service. */
  void replace(Registration old, Registration claim) {
    put(
        claim.provider(),
        run(claim.provider()).claiming(replaced(run(claim.provider()).claims(), old, claim)));
    byService.put(claim.service(), Optional.of(replaced(of(claim.service()), old, claim)));
    Snapshot.@Nullable Numbered place = before.ownClaims().byId().get(old.id());
    long number = place == null ? next++ : place.number();
    byId.put(old.id(), Optional.empty());
    byId.put(claim.id(), Optional.of(new Snapshot.Numbered(number, claim)));
  }

  private static List<Registration> replaced(
      List<Registration> all, Registration old, Registration claim) {
    return all.stream().map(other -> other.equals(old) ? claim : other).toList();
  }

  /** Takes {@code claim} out. */
  void remove(Registration claim) {
    put(
        claim.provider(),
        run(claim.provider()).claiming(without(run(claim.provider()).claims(), claim)));
    List<Registration> left = without(of(claim.service()), claim);
    byService.put(claim.service(), left.isEmpty() ? Optional.empty() : Optional.of(left));
    byId.put(claim.id(), Optional.empty());
    concerned.add(claim.service());
    count--;
  }

  private static List<Registration> without(List<Registration> all, Registration claim) {
    return all.stream().filter(other -> !other.equals(claim)).toList();
  }

  /** Takes out all that a run has claimed and reported; one that stands by goes on to. */
  void retire(RuntimeId id) {
    run(id).claims().forEach(this::remove);
    put(id, Run.UNKNOWN.standby(run(id).isStandby()));
  }

  /** Puts {@code said} in the place of what other hosts said. */
  void put(Others said) {
    concerned.addAll(others.services());
    concerned.addAll(said.services());
    others = said;
  }

  private List<Registration> of(ServiceName service) {
    Optional<List<Registration>> changed = byService.get(service);
    return changed == null
        ? before.ownClaims().byService().get(service, List.of())
        : changed.orElse(List.of());
  }

  /** Returns the next snapshot. */
  Snapshot made() {
    BucketMap<RuntimeId, Run> nextRuns = before.runs().with(runs);
    Map<ServiceName, Optional<Offered>> offered = new HashMap<>();
    for (ServiceName service : concerned) {
      Offered now = Offered.of(of(service), others.claims(service), nextRuns, others);
      offered.put(service, now.all().isEmpty() ? Optional.empty() : Optional.of(now));
    }
    Snapshot.Claims claims =
        new Snapshot.Claims(
            before.ownClaims().byId().with(byId),
            before.ownClaims().byService().with(byService),
            count,
            next);
    return new Snapshot(claims, nextRuns, before.offered().with(offered), others);
  }
}
