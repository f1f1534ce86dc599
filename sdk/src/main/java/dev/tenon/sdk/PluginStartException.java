package dev.tenon.sdk;

/**
 * A plugin that could not be started. The message says what was wrong and what was expected; it
 * never holds a token or a key.
 */
public final class PluginStartException extends Exception {
  private static final long serialVersionUID = 1;

  /** Whether the host may have acted, and its answer was lost. */
  private final boolean isAnswerLost;

  PluginStartException(String message) {
    super(message);
    isAnswerLost = false;
  }

  PluginStartException(String message, Throwable cause) {
    this(message, cause, /* isAnswerLost= */ false);
  }

  PluginStartException(String message, Throwable cause, boolean isAnswerLost) {
    super(message, cause);
    this.isAnswerLost = isAnswerLost;
  }

  boolean isAnswerLost() {
    return isAnswerLost;
  }
}
