package dev.tenon.auth;

import dev.tenon.auth.NotAuthenticatedException.Why;
import dev.tenon.core.Fingerprint;
import dev.tenon.core.PluginName;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which certificates plugins may use, by fingerprint, beside that they are genuine. A plugin may
 * use what the list for all has and what its own list has; where neither list has anything, any.
 * Immutable.
 *
 * @param all what every plugin may use
 * @param byPlugin what one plugin may use beside that
 */
public record AllowedCertificates(Set<Fingerprint> all, Map<PluginName, Set<Fingerprint>> byPlugin)
    implements CertificateRule {
  /** No lists: any certificate may be used. */
  public static final AllowedCertificates ANY = new AllowedCertificates(Set.of(), Map.of());

  /**
   * Copies the lists.
   *
   * @throws IllegalArgumentException if the list of a plugin is empty, which could be taken for
   *     "none" and would be "any"
   */
  public AllowedCertificates {
    all = Set.copyOf(all);
    Map<PluginName, Set<Fingerprint>> copies = new HashMap<>();
    byPlugin.forEach(
        (plugin, list) -> {
          if (list.isEmpty()) {
            throw new IllegalArgumentException(
                "certificates of " + plugin + ": an empty list (expected: a fingerprint)");
          }
          copies.put(plugin, Set.copyOf(list));
        });
    byPlugin = Map.copyOf(copies);
  }

  /** Returns these lists with {@code list} as that for all plugins. */
  public AllowedCertificates forAll(Set<Fingerprint> list) {
    return new AllowedCertificates(list, byPlugin);
  }

  /**
   * Returns these lists with {@code list} as that of {@code plugin}.
   *
   * @throws IllegalArgumentException if it is empty
   */
  public AllowedCertificates forPlugin(PluginName plugin, Set<Fingerprint> list) {
    Map<PluginName, Set<Fingerprint>> next = new HashMap<>(byPlugin);
    next.put(plugin, list);
    return new AllowedCertificates(all, next);
  }

  @Override
  public Optional<Why> refusal(PluginName plugin, X509Certificate leaf) {
    Set<Fingerprint> own = byPlugin.getOrDefault(plugin, Set.of());
    if (all.isEmpty() && own.isEmpty()) {
      return Optional.empty();
    }
    Fingerprint shown = Fingerprint.of(leaf);
    return all.contains(shown) || own.contains(shown)
        ? Optional.empty()
        : Optional.of(Why.UNLISTED);
  }
}
