package dev.tenon.auth.policy;

/** What a rule does with the calls that it matches. */
public enum Effect {
  /** Lets them through, unless another rule denies them. */
  ALLOW,
  /** Refuses them, whatever other rules say. */
  DENY
}
