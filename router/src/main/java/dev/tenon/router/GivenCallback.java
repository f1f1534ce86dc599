package dev.tenon.router;

import dev.tenon.auth.grant.GrantRefusedException;
import dev.tenon.auth.grant.GrantStore;
import dev.tenon.core.Callback;
import java.util.concurrent.CompletableFuture;

/**
 * A provider's right to call back what one call of the host brought along. Good from the moment
 * that the call goes out until it ends. Thread-safe; prints no secret.
 */
final class GivenCallback {
  private final GrantStore grants;
  private final CallbackHandlers handlers;
  private final GrantStore.Draft draft;
  private final CompletableFuture<Void> recorded;

  /**
   * Makes the right, which is not in effect yet.
   *
   * @param recorded complete when the issue is on record; exceptionally when it could not be
   */
  GivenCallback(
      GrantStore grants,
      CallbackHandlers handlers,
      GrantStore.Draft draft,
      CompletableFuture<Void> recorded) {
    this.grants = grants;
    this.handlers = handlers;
    this.draft = draft;
    this.recorded = recorded;
  }

  CompletableFuture<Void> recorded() {
    return recorded;
  }

  /**
   * Puts it into effect. Returns false if it has ended: the call has, or the provider lost all its
   * grants since it was chosen, and takes no calls.
   */
  boolean open() {
    try {
      grants.activate(draft);
      return true;
    } catch (GrantRefusedException e) {
      return false;
    }
  }

  /** Returns what the provider is told. */
  Callback callback() {
    return new Callback(draft.grant().service(), draft.grant().id(), draft.token().token());
  }

  /** Ends it: from the return on it opens nothing, and its open calls end. Idempotent. */
  void end() {
    grants.end(draft.grant());
    handlers.remove(draft.grant());
  }
}
