package dev.tenon.host.control;

/** A plugin ended before it was ready. The message says which and why. */
final class PluginEndedException extends Exception {
  private static final long serialVersionUID = 1;

  PluginEndedException(String message) {
    super(message);
  }
}
