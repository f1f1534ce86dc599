package dev.tenon.host;

/**
 * A plugin could not be added to a running host, or could not take the place of its predecessor.
 * Everything that was made for it is undone; the message says what was wrong.
 */
public final class PluginChangeException extends Exception {
  private static final long serialVersionUID = 1L;

  PluginChangeException(String message, Throwable cause) {
    super(message, cause);
  }

  PluginChangeException(String message) {
    super(message);
  }
}
