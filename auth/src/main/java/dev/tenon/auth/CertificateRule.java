package dev.tenon.auth;

import dev.tenon.auth.NotAuthenticatedException.Why;
import dev.tenon.core.PluginName;
import java.security.cert.X509Certificate;
import java.util.Optional;

/**
 * What is asked of a plugin's certificate beside that it is genuine: that it was not revoked, for
 * one. Asked once for each connection, and of those that are open when the answer may have changed;
 * thread-safe, and must not block.
 */
@FunctionalInterface
public interface CertificateRule {
  /** Refuses none. */
  CertificateRule NONE = (plugin, leaf) -> Optional.empty();

  /** Returns why {@code plugin} may not use {@code leaf}; empty if it may. */
  Optional<Why> refusal(PluginName plugin, X509Certificate leaf);

  /** Returns the rule that asks this one, and then {@code next}. */
  default CertificateRule and(CertificateRule next) {
    return (plugin, leaf) -> refusal(plugin, leaf).or(() -> next.refusal(plugin, leaf));
  }
}
