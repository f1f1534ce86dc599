package dev.tenon.host.control;

import dev.tenon.core.InvalidRequestException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** Reads fields of requests into values that cannot be wrong. */
final class Field {
  /** Most elements of a repeated field. */
  static final int MAX_ELEMENTS = 100;

  private Field() {}

  static <T, V> V read(String field, T raw, Function<T, V> parser) throws InvalidRequestException {
    try {
      return parser.apply(raw);
    } catch (IllegalArgumentException e) {
      throw new InvalidRequestException(field + ": " + e.getMessage());
    }
  }

  static <T, V> List<V> readAll(String field, List<T> raw, Function<T, V> parser)
      throws InvalidRequestException {
    if (raw.size() > MAX_ELEMENTS) {
      throw new InvalidRequestException(
          field + ": " + raw.size() + " elements (expected: at most " + MAX_ELEMENTS + ")");
    }
    List<V> values = new ArrayList<>(raw.size());
    for (T element : raw) {
      values.add(read(field, element, parser));
    }
    return values;
  }

  static <V> Set<V> distinct(String field, List<V> values) throws InvalidRequestException {
    Set<V> distinct = new HashSet<>(values);
    if (distinct.size() != values.size()) {
      throw new InvalidRequestException(field + ": has duplicates (expected: none)");
    }
    return distinct;
  }
}
