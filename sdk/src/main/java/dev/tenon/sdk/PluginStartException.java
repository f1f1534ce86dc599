package dev.tenon.sdk;

/**
 * A plugin that could not be started. The message says what was wrong and what was expected; it
 * never holds a token or a key.
 */
public final class PluginStartException extends Exception {
  private static final long serialVersionUID = 1;

  PluginStartException(String message) {
    super(message);
  }

  PluginStartException(String message, Throwable cause) {
    super(message, cause);
  }
}
