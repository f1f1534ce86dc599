package dev.tenon.core;

import static java.util.Objects.requireNonNull;

/**
 * A text that must not be shown, and that is not one of Tenon's own tokens, for which there is
 * {@link Token}. Immutable and thread-safe. It has no {@code equals}: whoever must compare compares
 * in constant time.
 */
public final class Secret {
  // transient: reflective serializers (Gson among them) leave it out
  private final transient String text;

  private Secret(String text) {
    this.text = text;
  }

  /**
   * Returns the secret {@code text}.
   *
   * @throws IllegalArgumentException if it is empty
   */
  public static Secret of(String text) {
    if (requireNonNull(text, "text").isEmpty()) {
      throw new IllegalArgumentException("secret: empty (expected: a secret)");
    }
    return new Secret(text);
  }

  /** Returns the secret for the wire. Every caller is a place to review. */
  public String exposeForWire() {
    return text;
  }

  /** Returns a fixed text, never the secret. */
  @Override
  public String toString() {
    return "Secret[redacted]";
  }
}
