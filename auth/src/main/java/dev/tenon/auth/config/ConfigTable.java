package dev.tenon.auth.config;

import static java.util.Objects.requireNonNullElse;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.tomlj.TomlArray;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/**
 * A table of a TOML file that is being read. Not thread-safe.
 *
 * <p>Whoever reads asks for each key that the table may have, once, and calls {@link #finish} on
 * the table of the whole file at the end. Nothing before that throws: what is missing, of the wrong
 * type or out of range is noted and read as empty or as a placeholder, so that an operator sees all
 * problems at once. A key that nobody asked for is a problem too.
 */
public final class ConfigTable {
  private final Problems problems;
  private final String path;
  private final int line;
  private final TomlTable table;
  private final Set<String> asked = new LinkedHashSet<>();
  private final List<ConfigTable> children = new ArrayList<>();

  private ConfigTable(Problems problems, String path, int line, TomlTable table) {
    this.problems = problems;
    this.path = path;
    this.line = line;
    this.table = table;
  }

  /**
   * Reads a file of at most 1 MiB.
   *
   * @throws ConfigException if it cannot be read or is not TOML 1.0 in UTF-8
   */
  public static ConfigTable read(Path file) throws ConfigException {
    return parse(file.toString(), readText(file));
  }

  /**
   * Reads the text of a file of at most 1 MiB, for {@link #parse}.
   *
   * @throws ConfigException if it cannot be read or is not UTF-8
   */
  public static String readText(Path file) throws ConfigException {
    return ConfigText.read(file);
  }

  /**
   * Parses {@code toml}, which problems call {@code source}.
   *
   * @throws ConfigException if it is not TOML 1.0
   */
  public static ConfigTable parse(String source, String toml) throws ConfigException {
    Problems problems = new Problems(source);
    return new ConfigTable(problems, "", 1, ConfigText.parse(problems, toml));
  }

  /**
   * Returns all keys of the table: of one whose keys are the operator's own, each of which is then
   * to be asked for.
   */
  public List<String> keys() {
    return List.copyOf(table.keySet());
  }

  /** Returns whether there is a table at {@code key}, for a key that may have one or a value. */
  public boolean hasTable(String key) {
    return table.get(List.of(key)) instanceof TomlTable;
  }

  /** Returns the string at {@code key}, or empty if there is none. */
  public Optional<String> string(String key) {
    return value(key, String.class, "a string");
  }

  /** Returns the string at {@code key}; the empty one, and a problem, if it is missing. */
  public String requiredString(String key) {
    require(key, "a string");
    return string(key).orElse("");
  }

  /** Returns the strings of the array at {@code key}; none if it is missing. */
  public List<String> strings(String key) {
    return parsedList(key, Function.identity());
  }

  /** Returns the table of strings at {@code key}; none if it is missing. */
  public Map<String, String> stringTable(String key) {
    Optional<ConfigTable> strings = table(key);
    Map<String, String> entries = new LinkedHashMap<>();
    strings.ifPresent(
        from ->
            from.table
                .keySet()
                .forEach(name -> from.string(name).ifPresent(text -> entries.put(name, text))));
    return entries;
  }

  /** Returns the boolean at {@code key}, or empty if there is none. */
  public Optional<Boolean> bool(String key) {
    return value(key, Boolean.class, "true or false");
  }

  /** Returns the integer at {@code key}, or empty if there is none. */
  public Optional<Long> integer(String key) {
    return value(key, Long.class, "an integer");
  }

  /** Returns the table at {@code key}, or empty if there is none. */
  public Optional<ConfigTable> table(String key) {
    return value(key, TomlTable.class, "a table")
        .map(found -> child(pathOf(key), lineOf(key), found));
  }

  /** Returns the tables of the array at {@code key}; none if it is missing. */
  public List<ConfigTable> tables(String key) {
    List<ConfigTable> tables = new ArrayList<>();
    elements(
        key,
        TomlTable.class,
        "an array of tables",
        (at, atLine, found) -> tables.add(child(at, atLine, found)));
    return tables;
  }

  /**
   * Returns what {@code parser} makes of the string at {@code key}, or empty if there is none.
   *
   * @param parser throws {@link IllegalArgumentException}, with {@code (expected: ...)} in its
   *     message, for a value that it refuses; this becomes a problem
   */
  public <T> Optional<T> parsed(String key, Function<String, T> parser) {
    return string(key).flatMap(text -> parse(pathOf(key), lineOf(key), text, parser));
  }

  /**
   * Returns what {@code parser} makes of the string at {@code key}; {@code placeholder}, and a
   * problem, if it is missing or refused.
   */
  public <T> T requiredParsed(String key, Function<String, T> parser, T placeholder) {
    require(key, "a string");
    return parsed(key, parser).orElse(placeholder);
  }

  /** Returns what {@code parser} makes of each string of the array at {@code key}. */
  public <T> List<T> parsedList(String key, Function<String, T> parser) {
    List<T> values = new ArrayList<>();
    elements(
        key,
        String.class,
        "an array of strings",
        (at, atLine, text) -> parse(at, atLine, text, parser).ifPresent(values::add));
    return values;
  }

  /** Returns what {@link #parsedList} does, and notes a problem if {@code key} is missing. */
  public <T> List<T> requiredParsedList(String key, Function<String, T> parser) {
    require(key, "an array of strings");
    return parsedList(key, parser);
  }

  /** Notes a problem with the value at {@code key}, as {@code got X (expected: Y)}. */
  public void problem(String key, String gotAndExpected) {
    problems.add(lineOf(key), pathOf(key) + ": " + gotAndExpected);
  }

  /**
   * Ends the reading of the file; to be called on the table that {@link #read} or {@link #parse}
   * returned.
   *
   * @throws ConfigException if there was any problem anywhere in the file, unknown keys included
   */
  public void finish() throws ConfigException {
    noteUnknownKeys();
    problems.throwIfAny();
  }

  private void noteUnknownKeys() {
    String known = asked.isEmpty() ? "no key" : "one of " + Shown.list(asked);
    for (String key : table.keySet()) {
      if (!asked.contains(key)) {
        problem(key, "got an unknown key (expected: " + known + ")");
      }
    }
    children.forEach(ConfigTable::noteUnknownKeys);
  }

  private void require(String key, String expected) {
    if (table.get(List.of(key)) == null) {
      problem(key, "got nothing (expected: " + expected + ")");
    }
  }

  private <T> Optional<T> value(String key, Class<T> type, String expected) {
    asked.add(key);
    @Nullable Object value = table.get(List.of(key));
    if (value == null) {
      return Optional.empty();
    }
    return typed(pathOf(key), lineOf(key), value, type, expected);
  }

  private <T> Optional<T> typed(
      String at, int atLine, Object value, Class<T> type, String expected) {
    if (!type.isInstance(value)) {
      problems.add(atLine, at + ": got " + Shown.value(value) + " (expected: " + expected + ")");
      return Optional.empty();
    }
    return Optional.of(type.cast(value));
  }

  private <T> void elements(String key, Class<T> type, String expected, Element<T> element) {
    TomlArray array = value(key, TomlArray.class, expected).orElse(null);
    if (array == null) {
      return;
    }
    for (int i = 0; i < array.size(); i++) {
      String at = pathOf(key) + "[" + i + "]";
      int atLine = array.inputPositionOf(i).line();
      typed(at, atLine, array.get(i), type, expected)
          .ifPresent(value -> element.accept(at, atLine, value));
    }
  }

  private <T> Optional<T> parse(String at, int atLine, String text, Function<String, T> parser) {
    try {
      return Optional.of(parser.apply(text));
    } catch (IllegalArgumentException e) {
      problems.add(atLine, at + ": got " + Shown.quoted(text) + " " + expected(e));
      return Optional.empty();
    }
  }

  private static String expected(IllegalArgumentException refused) {
    String message = requireNonNullElse(refused.getMessage(), "another value");
    int expected = message.indexOf("(expected: ");
    return expected < 0 ? "(expected: " + message + ")" : message.substring(expected);
  }

  private ConfigTable child(String at, int atLine, TomlTable found) {
    ConfigTable child = new ConfigTable(problems, at, atLine, found);
    children.add(child);
    return child;
  }

  private String pathOf(String key) {
    return path.isEmpty() ? Shown.key(key) : path + "." + Shown.key(key);
  }

  private int lineOf(String key) {
    @Nullable TomlPosition position = table.inputPositionOf(List.of(key));
    return position == null ? line : position.line();
  }

  /** Takes one element of an array. */
  private interface Element<T> {
    void accept(String at, int atLine, T value);
  }
}
