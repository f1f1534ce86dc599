package dev.tenon.auth.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** A table of a TOML file. Not thread-safe. */
public final class ConfigTable {
  private ConfigTable() {}

  /**
   * Reads a file.
   *
   * @throws ConfigException if it cannot be read or is not TOML
   */
  public static ConfigTable read(Path file) throws ConfigException {
    return parse(file.toString(), "");
  }

  /**
   * Parses text.
   *
   * @throws ConfigException if it is not TOML
   */
  public static ConfigTable parse(String source, String toml) throws ConfigException {
    return new ConfigTable();
  }

  /** Returns the string at {@code key}, or empty if there is none. */
  public Optional<String> string(String key) {
    return Optional.empty();
  }

  /** Returns the string at {@code key}; an empty one, and a problem, if there is none. */
  public String requiredString(String key) {
    return "";
  }

  /** Returns the strings of the array at {@code key}; none if the key is missing. */
  public List<String> strings(String key) {
    return List.of();
  }

  /** Returns what {@code parser} makes of each string of the array at {@code key}. */
  public <T> List<T> parsedList(String key, Function<String, T> parser) {
    return List.of();
  }

  /** Returns the table of strings at {@code key}; none if the key is missing. */
  public Map<String, String> stringTable(String key) {
    return Map.of();
  }

  /** Returns the boolean at {@code key}, or empty if there is none. */
  public Optional<Boolean> bool(String key) {
    return Optional.empty();
  }

  /** Returns the integer at {@code key}, or empty if there is none. */
  public Optional<Long> integer(String key) {
    return Optional.empty();
  }

  /** Returns the table at {@code key}, or empty if there is none. */
  public Optional<ConfigTable> table(String key) {
    return Optional.empty();
  }

  /** Returns the tables of the array at {@code key}; none if the key is missing. */
  public List<ConfigTable> tables(String key) {
    return List.of();
  }

  /** Returns what {@code parser} makes of the string at {@code key}, or empty. */
  public <T> Optional<T> parsed(String key, Function<String, T> parser) {
    return Optional.empty();
  }

  /** Returns what {@code parser} makes of the string at {@code key}, or {@code placeholder}. */
  public <T> T requiredParsed(String key, Function<String, T> parser, T placeholder) {
    return placeholder;
  }

  /** Notes a problem that the caller found with the value at {@code key}. */
  public void problem(String key, String gotAndExpected) {}

  /**
   * Ends the reading.
   *
   * @throws ConfigException if there was any problem anywhere in the file, unknown keys included
   */
  public void finish() throws ConfigException {}
}
