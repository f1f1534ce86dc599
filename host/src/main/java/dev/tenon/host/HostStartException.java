package dev.tenon.host;

import dev.tenon.core.PluginName;

/**
 * A host could not start. Nothing of it is left running. The message says which plugin or setting,
 * why, and what was expected.
 */
public final class HostStartException extends Exception {
  private static final long serialVersionUID = 1;

  /** What kept the host from starting. */
  public enum Kind {
    /** A file or a setting is wrong. */
    CONFIGURATION,
    /** A plugin did not start, enrol or become healthy. */
    PLUGIN,
    /** The machine refused something: a socket, a directory, a certificate. */
    SYSTEM
  }

  private final Kind kind;

  HostStartException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  HostStartException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** Returns what kept the host from starting. */
  public Kind kind() {
    return kind;
  }

  /**
   * Returns the first line of the message, for where it is clear that it is about {@code plugin}.
   */
  String shortlyOf(PluginName plugin) {
    String line = String.valueOf(getMessage()).lines().findFirst().orElse("");
    String about = "plugin " + plugin;
    return line.startsWith(about + ": ")
        ? line.substring(about.length() + 2)
        : line.startsWith(about + " ") ? line.substring(about.length() + 1) : line;
  }
}
