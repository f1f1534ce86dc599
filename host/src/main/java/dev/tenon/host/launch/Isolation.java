package dev.tenon.host.launch;

import java.util.List;

/**
 * What keeps a plugin apart from the host and from other plugins. Shown at start for each plugin.
 */
public enum Isolation {
  /**
   * A process under the host's own user: it cannot crash the host, and has no other plugin's
   * identity over the wire; but processes of one user can read each other's memory and standard
   * input. For development.
   */
  SHARED_UID(
      "shared-uid", "not protected from other processes of the host's user, nor they from it"),
  /**
   * A process under a user that its plugin alone has, without privileges: other plugins and the
   * host are out of its reach, and it out of theirs. It sees the machine's files and network as any
   * user does.
   */
  OWN_UID("own-uid", "under a user of its own; sees what any user of the machine sees"),
  /**
   * A process in namespaces of its own, without privileges, and under a user of its plugin's own
   * where the host is root: it sees its own processes, its own folders and the system's programs,
   * read-only, and no network unless it was given one.
   */
  SANDBOX("sandbox", "in namespaces of its own; no filter of system calls"),
  /** Inside the host's process: no isolation. */
  NONE("none", "inside the host's process"),
  /** Started by others, perhaps on another machine: what keeps it apart is their matter. */
  REMOTE("remote", "as those who start it see to");

  private final String text;
  private final String meaning;

  Isolation(String text, String meaning) {
    this.text = text;
    this.meaning = meaning;
  }

  /**
   * Reads what {@code plugin.toml} may ask for.
   *
   * @throws IllegalArgumentException for anything but {@code shared-uid}, {@code own-uid} and
   *     {@code sandbox}
   */
  static Isolation parse(String text) {
    for (Isolation isolation : List.of(SHARED_UID, OWN_UID, SANDBOX)) {
      if (isolation.text.equals(text)) {
        return isolation;
      }
    }
    throw new IllegalArgumentException(
        "isolation: " + text + " (expected: shared-uid, own-uid or sandbox)");
  }

  /** Returns whether a run so isolated reaches the host in its own directory alone. */
  public boolean hasOwnPlace() {
    return this == OWN_UID || this == SANDBOX;
  }

  /** Returns in a few words, for the log of a start, what it keeps apart and what not. */
  public String meaning() {
    return meaning;
  }

  @Override
  public String toString() {
    return text;
  }
}
