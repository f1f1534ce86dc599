package dev.tenon.core;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * What a grant allows within a service of the host: {@code capability:action:resource}, such as
 * {@code secrets:read:db/main}. A resource that ends in {@code *} stands for all that begin with
 * what is before it. At most 256 bytes.
 *
 * <p>A resource is a path of {@code A-Z a-z 0-9 . _ ~ @ + = -}, its parts separated by single
 * slashes; no part is empty, {@code .} or {@code ..}, so that no resource has two names.
 */
public record Permission(String text) {
  /** Longest text, in bytes. */
  public static final int MAX_LENGTH = 256;

  private static final Pattern FORM =
      Pattern.compile(
          "[a-z][a-z0-9-]*:[a-z][a-z0-9-]*:(?:[A-Za-z0-9._~@+=-]+/)*(?:[A-Za-z0-9._~@+=-]+|\\*|[A-Za-z0-9._~@+=-]+\\*)");

  /**
   * Checks the text.
   *
   * @throws IllegalArgumentException if it is no permission
   */
  public Permission {
    requireNonNull(text, "text");
    if (text.length() > MAX_LENGTH || !FORM.matcher(text).matches() || hasDots(text)) {
      throw new IllegalArgumentException(
          "permission: "
              + Ascii.quote(text)
              + " (expected: capability:action:path, such as secrets:read:db/*)");
    }
  }

  private static boolean hasDots(String text) {
    return Arrays.stream(text.substring(text.lastIndexOf(':') + 1).split("/", -1))
        .anyMatch(part -> part.equals(".") || part.equals(".."));
  }

  /** Returns whether this allows all that {@code other} does. */
  public boolean covers(Permission other) {
    return text.endsWith("*")
        ? other.text.startsWith(text.substring(0, text.length() - 1))
        : text.equals(other.text);
  }

  @Override
  public String toString() {
    return text;
  }
}
