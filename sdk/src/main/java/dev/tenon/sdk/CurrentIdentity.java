package dev.tenon.sdk;

import dev.tenon.core.Token;
import dev.tenon.transport.Credentials;

/**
 * The identity of the moment. Connections and calls ask it each time; a renewal replaces it as one.
 * Thread-safe.
 */
final class CurrentIdentity {
  private volatile LiveIdentity identity;

  CurrentIdentity(LiveIdentity identity) {
    this.identity = identity;
  }

  /** Returns the identity; whoever needs two parts of it asks once. */
  LiveIdentity now() {
    return identity;
  }

  /** Returns what the next connection proves itself with. */
  Credentials credentials() {
    return identity.credentials();
  }

  /** Returns what the next call proves itself with. */
  Token token() {
    return identity.token();
  }

  /** Puts the successor in place. */
  void replace(LiveIdentity successor) {
    identity = successor;
  }
}
