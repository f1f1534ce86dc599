package dev.tenon.router;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.grant.GrantStore;
import dev.tenon.auth.grant.LiveGrant;
import dev.tenon.core.PluginName;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.SpiffeId;
import io.grpc.ServerServiceDefinition;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Gives the providers of the host's calls the right to call back. The policy and the grant are
 * checked with each call back, as for every service of the host that needs a grant. Thread-safe.
 */
final class Callbacks {
  private final HostServices services;
  private final @Nullable GrantStore grants;
  private final CallAudit audit;

  Callbacks(HostServices services, @Nullable GrantStore grants, CallAudit audit) {
    this.services = services;
    this.grants = grants;
    this.audit = audit;
  }

  /**
   * Returns {@code route} with the right of its provider to call {@code offered} back.
   *
   * @throws RefusedException if the caller is not the host, the provider is, the service is not
   *     declared for this, or there are too many grants; nothing is given then
   */
  Route give(Route route, ServerServiceDefinition offered) throws RefusedException {
    if (!(route.permit().caller().id() instanceof SpiffeId.OfHost)) {
      throw new CallRefusedException(Refusal.NOT_ALLOWED, "callback of a plugin");
    }
    ServiceName service = CallbackOffer.name(offered);
    if (route.provider().equals(PluginName.HOST) || !services.isDuringCalls(service)) {
      throw new CallRefusedException(
          Refusal.INVALID_REQUEST,
          "callback not possible",
          "callback: " + service + " (expected: offered during calls, with a call of a plugin)");
    }
    GrantStore store = requireNonNull(grants, "grants");
    GrantStore.Draft draft = store.draft(new RuntimeId(route.provider()), service, Set.of());
    LiveGrant grant = draft.grant();
    try {
      services.callbacks().add(grant, offered);
      return route.with(
          new GivenCallback(store, services.callbacks(), draft, audit.callback(route, grant)));
    } catch (RuntimeException e) {
      store.end(grant);
      services.callbacks().remove(grant);
      throw e;
    }
  }
}
