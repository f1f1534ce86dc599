package dev.tenon.host.launch;

import java.util.Locale;

/** Whether a plugin that ended by itself is started again. */
public enum RestartMode {
  /** As the host's restart policy says. */
  ON_CRASH,
  /** Not at all: it stays failed. */
  NEVER;

  /**
   * Reads what {@code plugin.toml} may ask for.
   *
   * @throws IllegalArgumentException for anything but {@code on-crash} and {@code never}
   */
  static RestartMode parse(String text) {
    for (RestartMode mode : values()) {
      if (mode.toString().equals(text)) {
        return mode;
      }
    }
    throw new IllegalArgumentException("restart: " + text + " (expected: on-crash or never)");
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
