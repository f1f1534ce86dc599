package dev.tenon.router;

import dev.tenon.core.CallPath;
import dev.tenon.core.ServiceName;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The way of one caller to one path, with what its last call found out there. That is checked again
 * for each call, and saves only to put it together again. Thread-safe.
 */
final class CallSite {
  private final CallPath path;
  private final boolean isReserved;

  /**
   * As the registry has it, which finds that sooner; records are immutable, so no fence is needed.
   */
  private ServiceName service;

  private volatile Decisions.@Nullable Decision decision;
  private volatile @Nullable Route route;

  CallSite(CallPath path) {
    this.path = path;
    this.isReserved = path.service().isReserved();
    this.service = path.service();
  }

  CallPath path() {
    return path;
  }

  /** Returns the service of the path. */
  ServiceName service() {
    return service;
  }

  /** Takes the same name as the registry has it. */
  @SuppressWarnings("ReferenceEquality") // the very object is found without a look into it
  void chose(ServiceName known) {
    if (service != known) {
      service = known;
    }
  }

  /** Returns whether the service is one that is never relayed. */
  boolean isReserved() {
    return isReserved;
  }

  /** Returns what was decided last, by whatever policy that was. */
  Decisions.@Nullable Decision decision() {
    return decision;
  }

  void decided(Decisions.Decision last) {
    decision = last;
  }

  /**
   * Returns the route of the last call that asked for nothing of its own, if it is the one of a
   * call that was decided and goes to {@code provider} like this; else null.
   */
  @Nullable Route route(
      Decisions.Decision decided,
      String provider,
      Backend backend,
      Optional<Delegations.Delegation> delegation) {
    Route last = route;
    return last != null && delegation.isEmpty() && last.isPlain(decided.permit(), provider, backend)
        ? last
        : null;
  }

  /** Returns what the last such call went by, if that was {@code services}; else null. */
  @Nullable Backend lastInside(DirectServices services) {
    Route last = route;
    return last != null
            && last.backend() instanceof Backend.OfProcess inside
            && inside.services().equals(services)
        ? inside
        : null;
  }

  void went(Route last) {
    route = last;
  }
}
