package dev.tenon.host.launch;

import java.util.Locale;

/** When a plugin is launched. */
public enum StartMode {
  /** With the host, which waits until the plugin is healthy. */
  EAGER,
  /** When a service that it may provide is first called and nobody provides it. */
  LAZY;

  /**
   * Reads what {@code plugin.toml} may ask for.
   *
   * @throws IllegalArgumentException for anything but {@code eager} and {@code lazy}
   */
  static StartMode parse(String text) {
    for (StartMode mode : values()) {
      if (mode.toString().equals(text)) {
        return mode;
      }
    }
    throw new IllegalArgumentException("start: " + text + " (expected: eager or lazy)");
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
