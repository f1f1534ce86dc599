package dev.tenon.host.launch;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.RuntimeId;
import java.nio.file.Path;
import java.util.Optional;

/**
 * One run to start. Carries the enrolment token inside the bootstrap line, so it has no printing
 * {@code toString}.
 */
public final class Launch {
  private final RuntimeId runtimeId;
  private final Path state;
  private final Optional<Path> directory;
  private final String bootstrapLine;

  /**
   * Makes a launch of {@code runtimeId}; {@code state} is the plugin's own directory that stays.
   */
  public Launch(RuntimeId runtimeId, Path state, String bootstrapLine) {
    this(runtimeId, state, Optional.empty(), bootstrapLine);
  }

  /**
   * Makes a launch of {@code runtimeId}; {@code directory} is the run's own, in which it finds the
   * host's sockets and makes its server's.
   */
  public Launch(RuntimeId runtimeId, Path state, Optional<Path> directory, String bootstrapLine) {
    this.directory = requireNonNull(directory, "directory");
    this.runtimeId = requireNonNull(runtimeId, "runtimeId");
    this.state = requireNonNull(state, "state");
    this.bootstrapLine = requireNonNull(bootstrapLine, "bootstrapLine");
  }

  /** Returns the run. */
  public RuntimeId runtimeId() {
    return runtimeId;
  }

  /**
   * Returns the directory that the plugin may keep between runs; it exists, mode 0700 when the host
   * made it.
   */
  public Path state() {
    return state;
  }

  /** Returns the directory that the run alone has until it ends, if there is one. */
  public Optional<Path> directory() {
    return directory;
  }

  /**
   * Returns the bootstrap line, a secret that ends with LF: for the plugin's standard input alone.
   */
  public String exposeBootstrapLine() {
    return bootstrapLine;
  }

  @Override
  public String toString() {
    return "Launch[" + runtimeId + ", redacted]";
  }
}
