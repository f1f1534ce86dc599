package dev.tenon.core;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The type of a service: a fully qualified protobuf service name such as {@code
 * acme.kv.v1.KeyValue}, case-sensitive, at most 128 bytes.
 */
public record ServiceName(String value) implements Comparable<ServiceName> {
  /** Longest name, in bytes. */
  public static final int MAX_LENGTH = 128;

  private static final List<String> RESERVED_PREFIXES =
      List.of("grpc.health.", "grpc.reflection.", "tenon.", "plugin.");

  /**
   * Checks the name.
   *
   * @throws IllegalArgumentException if {@code value} is not a protobuf full name
   */
  public ServiceName {
    requireNonNull(value, "value");
    if (value.length() > MAX_LENGTH || !isFullName(value)) {
      throw new IllegalArgumentException(
          "service: "
              + Ascii.quote(value)
              + " (expected: a protobuf full name such as acme.kv.v1.KeyValue, at most 128 bytes)");
    }
  }

  private static boolean isFullName(String value) {
    boolean atPartStart = true;
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (atPartStart) {
        if (!Ascii.isLetter(c) && c != '_') {
          return false;
        }
        atPartStart = false;
      } else if (c == '.') {
        atPartStart = true;
      } else if (!Ascii.isLetter(c) && !Ascii.isDigit(c) && c != '_') {
        return false;
      }
    }
    return !atPartStart;
  }

  /**
   * Returns whether the name is reserved, for gRPC, for Tenon or for later; such services are never
   * registered nor relayed.
   */
  public boolean isReserved() {
    return RESERVED_PREFIXES.stream().anyMatch(value::startsWith);
  }

  @Override
  public int compareTo(ServiceName other) {
    return value.compareTo(other.value);
  }

  /*
   * By hand, since each call asks: those that javac makes for a record are put together at run
   * time, of method handles that no archive of classes holds.
   */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ServiceName that && value.equals(that.value);
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
