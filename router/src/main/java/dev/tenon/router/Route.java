package dev.tenon.router;

import dev.tenon.auth.policy.AuditMode;
import dev.tenon.auth.policy.Permit;
import dev.tenon.core.OnBehalfOf;
import dev.tenon.core.PluginName;
import dev.tenon.router.Delegations.Delegation;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Metadata;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Where a permitted call goes.
 *
 * @param provider what the audit log calls the provider: its runtime id, or {@code host}
 * @param providerName what counters call it: its plugin name, or {@code host}
 * @param counted where its calls are counted
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
    CallCounters.Cell counted,
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
      CallCounters.Cell counted,
      Optional<Delegation> delegation,
      Optional<ShownGrant> grant) {
    this(
        permit,
        provider,
        providerName,
        backend,
        counted,
        delegation,
        grant,
        Optional.empty(),
        NOT_YET);
  }

  /**
   * Returns the channel; only where the call cannot go as frames, or the provider not take it so.
   */
  Channel channel() {
    if (backend instanceof Backend.OfChannel of) {
      return of.channel();
    }
    if (backend instanceof Backend.OfProcess inside) {
      return inside.channel();
    }
    throw new IllegalStateException("backend: " + backend + " (expected: a channel)");
  }

  /** Returns the route that can be taken once {@code commit}, and all else, is complete. */
  Route recordedBy(CompletableFuture<Void> commit) {
    CompletableFuture<Void> all =
        callback.map(given -> CompletableFuture.allOf(commit, given.recorded())).orElse(commit);
    return new Route(
        permit, provider, providerName, backend, counted, delegation, grant, callback, all);
  }

  /** Returns the route whose provider may call {@code given} back. */
  Route with(GivenCallback given) {
    return new Route(
        permit,
        provider,
        providerName,
        backend,
        counted,
        delegation,
        grant,
        Optional.of(given),
        NOT_YET);
  }

  /** Returns whether it leads to a plugin, here or behind another host. */
  boolean isOfPlugin() {
    return !provider.equals(PluginName.HOST);
  }

  /** Returns whether any other call of its path that asks for nothing of its own may take it. */
  boolean isRepeated() {
    return permit.audit() != AuditMode.CALL && delegation.isEmpty() && grant.isEmpty();
  }

  /** Returns whether {@code commit}, and nothing else, is what it waits for. */
  boolean isRecordedBy(CompletableFuture<Void> commit) {
    return recorded == commit;
  }

  /** Returns whether it is this one, for a call that asks for nothing of its own. */
  @SuppressWarnings("ReferenceEquality") // another permit has another policy, or records of its own
  boolean isPlain(Permit given, String to, Backend by) {
    return permit == given && provider.equals(to) && backend.equals(by);
  }

  /** Writes what the provider gets to know of the call beside who the caller is. */
  void stamp(Metadata forwarded) {
    delegation.ifPresent(by -> forwarded.put(OnBehalfOf.HEADER, by.token().exposeForWire()));
    grant.ifPresent(shown -> MetadataRules.stamp(forwarded, shown.now()));
    callback.ifPresent(given -> MetadataRules.stamp(forwarded, given.callback()));
  }

  /** Returns the context of {@code caller} with what the provider may call back meanwhile. */
  Context context(Context caller) {
    return callback.isPresent() ? callback.get().callback().in(caller) : caller;
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
