package dev.tenon.auth.grant;

import dev.tenon.core.Permission;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import java.time.Instant;
import java.util.Set;

/**
 * One grant in the store. Thread-safe; what it allows never changes, only its tokens and its end
 * do. Prints no secret.
 */
public final class LiveGrant {
  /** Where a grant stands. */
  enum State {
    /** It counts against the limits, and is good for nothing yet. */
    DRAFT,
    /** It can be used. */
    LIVE,
    /** It was released, revoked, or cleaned up. */
    ENDED
  }

  private final String id;
  private final RuntimeId holder;
  private final ServiceName service;
  private final Set<Permission> permissions;

  /* Both are written under the store's lock and read without it. */
  private volatile GrantSecrets secrets;
  private volatile State state = State.DRAFT;

  LiveGrant(
      String id,
      RuntimeId holder,
      ServiceName service,
      Set<Permission> permissions,
      GrantSecrets secrets) {
    this.id = id;
    this.holder = holder;
    this.service = service;
    this.permissions = Set.copyOf(permissions);
    this.secrets = secrets;
  }

  /** Returns the id, which is no secret: 32 lower-case hex digits. */
  public String id() {
    return id;
  }

  /** Returns whose grant it is. */
  public RuntimeId holder() {
    return holder;
  }

  /** Returns the one service that it is good for. */
  public ServiceName service() {
    return service;
  }

  /** Returns what it allows within the service. */
  public Set<Permission> permissions() {
    return permissions;
  }

  /** Returns when it ends unless it is refreshed. */
  public Instant expires() {
    return secrets.expiry().wall();
  }

  /** Returns whether it can be used at this moment. */
  public boolean isLive() {
    return state == State.LIVE && !secrets.expiry().isOver();
  }

  GrantSecrets secrets() {
    return secrets;
  }

  void secrets(GrantSecrets now) {
    secrets = now;
  }

  State state() {
    return state;
  }

  void state(State now) {
    state = now;
  }

  @Override
  public String toString() {
    return "Grant[" + id + " of " + holder + " for " + service + "]";
  }
}
