package dev.tenon.router;

import dev.tenon.auth.policy.Permit;
import dev.tenon.router.Delegations.Delegation;
import io.grpc.Channel;
import java.util.Optional;

/**
 * Where a permitted call goes.
 *
 * @param provider what the audit log calls the provider: its runtime id, or {@code host}
 * @param providerName what counters call it: its plugin name, or {@code host}
 * @param delegation for whom the call is made, if not for the caller itself
 * @param grant what the caller showed, for a service of the host that is offered by grant
 */
record Route(
    Permit permit,
    String provider,
    String providerName,
    Channel channel,
    Optional<Delegation> delegation,
    Optional<ShownGrant> grant) {
  /** Returns whether the call may still go there: its grant, if it needs one, has not ended. */
  boolean isOpen() {
    return grant.map(shown -> shown.live().isLive()).orElse(true);
  }
}
