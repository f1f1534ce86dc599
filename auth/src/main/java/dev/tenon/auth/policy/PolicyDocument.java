package dev.tenon.auth.policy;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.config.ConfigTable;
import java.nio.file.Path;

/**
 * The text of a policy file, as one reading of it found it: whoever follows a file compares
 * readings before one is used. Immutable and thread-safe.
 *
 * @param source what problems call the file
 */
public record PolicyDocument(String source, String text) {
  /** Checks for null. */
  public PolicyDocument {
    requireNonNull(source, "source");
    requireNonNull(text, "text");
  }

  /**
   * Reads {@code file}.
   *
   * @throws ConfigException if it is missing or unreadable, larger than 1 MiB, or not UTF-8
   */
  public static PolicyDocument read(Path file) throws ConfigException {
    return new PolicyDocument(file.toString(), ConfigTable.readText(file));
  }

  /**
   * Returns the policy.
   *
   * @throws ConfigException if the text is none; lists all problems
   */
  public Policy policy() throws ConfigException {
    return PolicyFile.parse(ConfigTable.parse(source, text));
  }
}
