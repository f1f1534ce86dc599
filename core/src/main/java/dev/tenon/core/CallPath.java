package dev.tenon.core;

import static java.util.Objects.requireNonNull;

/**
 * The parsed {@code :path} of a gRPC call: {@code /<service>/<method>}. Policy and dispatch use
 * this one value, so that they cannot disagree about what a path means.
 */
public record CallPath(ServiceName service, String method) {
  /** Longest path, in bytes. */
  public static final int MAX_LENGTH = 256;

  /**
   * Checks the method.
   *
   * @throws IllegalArgumentException if {@code method} is not a protobuf identifier or the path
   *     would be longer than {@link #MAX_LENGTH}
   */
  public CallPath {
    requireNonNull(service, "service");
    requireNonNull(method, "method");
    if (!isIdentifier(method) || service.value().length() + method.length() + 2 > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "method: "
              + Ascii.quote(method)
              + " (expected: a protobuf identifier; path at most 256 bytes)");
    }
  }

  private static boolean isIdentifier(String method) {
    if (method.isEmpty() || Ascii.isDigit(method.charAt(0))) {
      return false;
    }
    return method
        .chars()
        .allMatch(c -> Ascii.isLetter((char) c) || Ascii.isDigit((char) c) || c == '_');
  }

  /**
   * Parses a whole path such as {@code /acme.kv.v1.KeyValue/Get}.
   *
   * @throws IllegalArgumentException if it has another form; nothing is normalised or decoded
   */
  public static CallPath parse(String path) {
    if (!path.startsWith("/")) {
      throw new IllegalArgumentException(
          "path: " + Ascii.quote(path) + " (expected: /service/method)");
    }
    return ofFullMethodName(path.substring(1));
  }

  /**
   * Parses gRPC's full method name, which is the path without its first slash.
   *
   * @throws IllegalArgumentException if it has another form
   */
  public static CallPath ofFullMethodName(String name) {
    int slash = name.indexOf('/');
    if (slash < 0) {
      throw new IllegalArgumentException(
          "path: " + Ascii.quote(name) + " (expected: /service/method)");
    }
    return new CallPath(new ServiceName(name.substring(0, slash)), name.substring(slash + 1));
  }

  @Override
  public String toString() {
    return "/" + service + "/" + method;
  }
}
