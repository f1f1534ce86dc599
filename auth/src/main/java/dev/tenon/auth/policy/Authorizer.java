package dev.tenon.auth.policy;

import dev.tenon.core.CallPath;
import dev.tenon.core.Identity;
import dev.tenon.core.ServiceName;

/**
 * What decides about calls: a {@link Policy}, or an engine of the application's beside it. An
 * engine can only narrow: it is asked about calls that the rules allow, and what it denies is
 * denied. One that throws denies, which the audit log has as an error.
 *
 * <p>Implementations must be thread-safe and must not block: they are asked on event loops, for
 * every call, since their answer may depend on anything. How a call is audited is settled by the
 * first answer under a policy.
 */
public interface Authorizer {
  /** Decides whether {@code caller} may call {@code path}. */
  Decision decide(Identity caller, CallPath path);

  /**
   * Returns whether {@code caller} may know of {@code service} in listings: whether there is a
   * method of it that it may call.
   */
  boolean mayCallAny(Identity caller, ServiceName service);
}
