package dev.tenon.auth.config;

import java.util.List;

/**
 * A configuration file that was refused, with everything that is wrong with it.
 *
 * <p>Its message has one problem a line, each {@code file:line: key: got X (expected: Y)}. Values
 * are quoted, bounded and free of control characters.
 */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1;

  /** What kept the file from being used. */
  public enum Kind {
    /** It is missing, or the operating system does not give it to us. */
    UNREADABLE,
    /** It was read, and is not what it should be. */
    INVALID
  }

  private final Kind kind;
  private final List<String> problems;

  /** Makes an exception for {@code problems}, each already in the form of the class comment. */
  public ConfigException(Kind kind, List<String> problems) {
    super(String.join("\n", problems));
    this.kind = kind;
    this.problems = List.copyOf(problems);
  }

  /** Returns what kept the file from being used. */
  public Kind kind() {
    return kind;
  }

  /** Returns the problems, in the order of the file. */
  public List<String> problems() {
    return problems;
  }
}
