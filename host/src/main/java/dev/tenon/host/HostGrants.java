package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.grant.GrantStore;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.host.control.GrantDesk;
import java.util.List;

/** The grants of a host, for its operator. Thread-safe. */
public final class HostGrants {
  private final GrantDesk desk;
  private final GrantStore store;

  HostGrants(GrantDesk desk, GrantStore store) {
    this.desk = desk;
    this.store = store;
  }

  /** Returns the grants that can be used at this moment, in no order. */
  public List<GrantStatus> list() {
    return store.all().stream()
        .map(
            grant ->
                new GrantStatus(
                    grant.id(),
                    grant.holder(),
                    grant.service(),
                    grant.permissions(),
                    grant.expires()))
        .toList();
  }

  /** Returns how many grants the host keeps: also those that are over and not cleaned up yet. */
  public int size() {
    return store.size();
  }

  /**
   * Takes back one grant. When this returns it is useless; its open calls end, with
   * UNAUTHENTICATED. It does not depend on the audit log. Has no effect on a grant that has ended.
   */
  public void revoke(String id) {
    requireNonNull(id, "id");
    desk.revoke(grant -> grant.id().equals(id));
  }

  /** Takes back all grants of {@code run}, as {@link #revoke} does; it may ask for others. */
  public void revokeAll(RuntimeId run) {
    requireNonNull(run, "run");
    desk.revoke(grant -> grant.holder().equals(run));
  }

  /** Takes back all grants of {@code service}, as {@link #revoke} does. */
  public void revokeAll(ServiceName service) {
    requireNonNull(service, "service");
    desk.revoke(grant -> grant.service().equals(service));
  }
}
