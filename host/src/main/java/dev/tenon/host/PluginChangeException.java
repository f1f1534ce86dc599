package dev.tenon.host;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;
import dev.tenon.registry.DependencyCycleException;
import dev.tenon.registry.MissingProviderException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A plugin could not be added to a running host, or could not take the place of its predecessor.
 * Everything that was made for it is undone; the message says what was wrong.
 */
public final class PluginChangeException extends Exception {
  private static final long serialVersionUID = 1L;

  private final @Nullable Refusal refusal;

  PluginChangeException(String message, Throwable cause) {
    super(message, cause);
    refusal = refusal(cause);
  }

  PluginChangeException(String message) {
    super(message);
    refusal = null;
  }

  private static @Nullable Refusal refusal(Throwable cause) {
    if (cause instanceof RefusedException refused) {
      return refused.refusal();
    }
    Throwable root = cause.getCause();
    return root instanceof MissingProviderException || root instanceof DependencyCycleException
        ? Refusal.REQUIREMENT_MISSING
        : null;
  }

  /**
   * Returns the refusal that the change ended with: {@link Refusal#REQUIREMENT_MISSING} where what
   * a plugin requires is provided by nobody, or only by plugins that require it in turn; empty
   * where the plugin itself failed.
   */
  public Optional<Refusal> refusal() {
    return Optional.ofNullable(refusal);
  }
}
