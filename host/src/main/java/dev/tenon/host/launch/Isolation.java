package dev.tenon.host.launch;

/**
 * What keeps a plugin apart from the host and from other plugins. Shown at start for each plugin.
 */
public enum Isolation {
  /**
   * A process under the host's own user: it cannot crash the host, and has no other plugin's
   * identity over the wire; but processes of one user can read each other's memory and standard
   * input. For development.
   */
  SHARED_UID("shared-uid"),
  /** Inside the host's process: no isolation. */
  NONE("none"),
  /** Started by others, perhaps on another machine: what keeps it apart is their matter. */
  REMOTE("remote");

  private final String text;

  Isolation(String text) {
    this.text = text;
  }

  /**
   * Reads what {@code plugin.toml} may ask for.
   *
   * @throws IllegalArgumentException for anything but {@code shared-uid}
   */
  static Isolation parse(String text) {
    if (text.equals(SHARED_UID.text)) {
      return SHARED_UID;
    }
    throw new IllegalArgumentException(
        "isolation: " + text + " (expected: shared-uid, the only one that this version has)");
  }

  @Override
  public String toString() {
    return text;
  }
}
