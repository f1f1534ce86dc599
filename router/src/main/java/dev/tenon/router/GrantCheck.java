package dev.tenon.router;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.grant.GrantRefusedException;
import dev.tenon.auth.grant.GrantRefusedException.Why;
import dev.tenon.auth.grant.GrantStore;
import dev.tenon.auth.grant.LiveGrant;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Grant;
import dev.tenon.core.Identity;
import dev.tenon.core.Permission;
import dev.tenon.core.ServiceName;
import dev.tenon.core.SpiffeId;
import io.grpc.Metadata;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Checks the grant of a call of a service of the host that is offered by grant. It comes after the
 * policy, so that whoever may not call the service does not learn that grants are a matter there.
 * Thread-safe; takes no lock.
 */
final class GrantCheck {
  private final HostServices services;
  private final @Nullable GrantStore grants;

  /**
   * Makes the check.
   *
   * @throws IllegalArgumentException if a service is offered by grant and there are no grants
   */
  GrantCheck(HostServices services, @Nullable GrantStore grants) {
    if (grants == null && services.names().stream().anyMatch(services::isByGrant)) {
      throw new IllegalArgumentException("grants: none (expected: for services offered by grant)");
    }
    this.services = services;
    this.grants = grants;
  }

  /**
   * Returns the grant that {@code caller} shows, or empty if {@code service} needs none. The host
   * itself, whose service it is, needs none either.
   *
   * @throws GrantRefusedException if it needs one, and none that is good was shown
   */
  Optional<ShownGrant> check(Policy policy, Identity caller, ServiceName service, Metadata headers)
      throws GrantRefusedException {
    if (!services.isByGrant(service) || !(caller.id() instanceof SpiffeId.OfPlugin plugin)) {
      return Optional.empty();
    }
    LiveGrant live =
        requireNonNull(grants, "grants").verify(plugin.runtimeId(), service, shown(headers));
    return Optional.of(
        new ShownGrant(live, new Grant(live.id(), service, given(policy, caller, live))));
  }

  private static String shown(Metadata headers) throws GrantRefusedException {
    Iterable<String> all = headers.getAll(MetadataRules.GRANT);
    if (all == null) {
      throw new GrantRefusedException(Why.MISSING);
    }
    Iterator<String> values = all.iterator();
    String value = values.next();
    if (values.hasNext()) {
      throw new GrantRefusedException(Why.DUPLICATE);
    }
    return value;
  }

  /** The policy may have changed since the grant was issued; it never gives more afterwards. */
  private static Set<Permission> given(Policy policy, Identity caller, LiveGrant live) {
    Set<Permission> now = policy.permissions(caller, live.service());
    return live.permissions().stream()
        .filter(permission -> now.stream().anyMatch(given -> given.covers(permission)))
        .collect(Collectors.toUnmodifiableSet());
  }
}
