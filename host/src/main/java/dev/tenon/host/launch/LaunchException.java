package dev.tenon.host.launch;

/** A plugin could not be started. The message says which, why, and what was expected. */
public final class LaunchException extends Exception {
  private static final long serialVersionUID = 1;

  /** Makes an exception for a refused or failed launch. */
  public LaunchException(String message) {
    super(message);
  }

  /** Makes an exception with the fault behind it. */
  public LaunchException(String message, Throwable cause) {
    super(message, cause);
  }
}
