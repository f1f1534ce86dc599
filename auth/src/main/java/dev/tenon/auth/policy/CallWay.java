package dev.tenon.auth.policy;

/** Which ways calls may take that a rule allows. */
public enum CallWay {
  /** Through the host alone. */
  ROUTED,
  /**
   * Also from plugin to plugin, once the host has introduced them: it decides and records the
   * introduction, and no call.
   */
  DIRECT
}
