package dev.tenon.core;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * One run of one plugin: {@code <plugin name>-<16 lower-case hex digits>}. Made by the host, opaque
 * to the plugin, and without authority of its own.
 */
public record RuntimeId(String value) implements Comparable<RuntimeId> {
  private static final int SUFFIX_LENGTH = 16;

  /**
   * Checks the id.
   *
   * @throws IllegalArgumentException if {@code value} is not a runtime id
   */
  public RuntimeId {
    requireNonNull(value, "value");
    int dash = value.length() - SUFFIX_LENGTH - 1;
    if (dash < 1
        || value.charAt(dash) != '-'
        || !value.chars().skip(dash + 1L).allMatch(c -> Ascii.isLowerHex((char) c))) {
      throw new IllegalArgumentException(
          "runtime id: "
              + Ascii.quote(value)
              + " (expected: <plugin name>-<16 lower-case hex digits>)");
    }
    new PluginName(value.substring(0, dash));
  }

  /** Returns the id of the run of {@code plugin} that {@code suffix} tells from its other runs. */
  public static RuntimeId of(PluginName plugin, long suffix) {
    return new RuntimeId(plugin.value() + "-" + String.format("%016x", suffix));
  }

  /** Returns the plugin that this is a run of. */
  public PluginName plugin() {
    return new PluginName(value.substring(0, value.length() - SUFFIX_LENGTH - 1));
  }

  @Override
  public int compareTo(RuntimeId other) {
    return value.compareTo(other.value);
  }

  /*
   * By hand, since each call asks: those that javac makes for a record are put together at run
   * time, of method handles that no archive of classes holds.
   */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RuntimeId that && value.equals(that.value);
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }

  @Override
  public String toString() {
    return value;
  }
}
