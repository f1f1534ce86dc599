package dev.tenon.router;

import dev.tenon.auth.policy.Permit;
import dev.tenon.router.Delegations.Delegation;
import io.grpc.Channel;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Where a permitted call goes.
 *
 * @param provider what the audit log calls the provider: its runtime id, or {@code host}
 * @param providerName what counters call it: its plugin name, or {@code host}
 * @param delegation for whom the call is made, if not for the caller itself
 * @param grant what the caller showed, for a service of the host that is offered by grant
 * @param callback what its provider may call back until the call ends, if the host brought it along
 * @param recorded complete when what must be on record before the call goes is; exceptionally when
 *     it could not be written, and then the call must not go
 */
record Route(
    Permit permit,
    String provider,
    String providerName,
    Backend backend,
    Optional<Delegation> delegation,
    Optional<ShownGrant> grant,
    Optional<GivenCallback> callback,
    CompletableFuture<Void> recorded) {
  private static final CompletableFuture<Void> NOT_YET = new CompletableFuture<>();

  /** Makes a route that cannot be taken yet. */
  Route(
      Permit permit,
      String provider,
      String providerName,
      Backend backend,
      Optional<Delegation> delegation,
      Optional<ShownGrant> grant) {
    this(permit, provider, providerName, backend, delegation, grant, Optional.empty(), NOT_YET);
  }

  /**
   * Returns the channel; only where the call cannot go as frames, or the provider not take it so.
   */
  Channel channel() {
    if (backend instanceof Backend.OfChannel of) {
      return of.channel();
    }
    throw new IllegalStateException("backend: " + backend + " (expected: a channel)");
  }

  /** Returns the route that can be taken once {@code commit}, and all else, is complete. */
  Route recordedBy(CompletableFuture<Void> commit) {
    CompletableFuture<Void> all =
        callback.map(given -> CompletableFuture.allOf(commit, given.recorded())).orElse(commit);
    return new Route(permit, provider, providerName, backend, delegation, grant, callback, all);
  }

  /** Returns the route whose provider may call {@code given} back. */
  Route with(GivenCallback given) {
    return new Route(
        permit, provider, providerName, backend, delegation, grant, Optional.of(given), NOT_YET);
  }

  /** Puts into effect what its provider may call back; returns whether the call may go. */
  boolean openCallback() {
    return callback.map(GivenCallback::open).orElse(true);
  }

  /** Ends what its provider may call back. Idempotent. */
  void endCallback() {
    callback.ifPresent(GivenCallback::end);
  }

  /** Returns whether the call may still go there: its grant, if it needs one, has not ended. */
  boolean isOpen() {
    return grant.map(shown -> shown.live().isLive()).orElse(true);
  }
}
