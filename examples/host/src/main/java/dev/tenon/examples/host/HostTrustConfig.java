package dev.tenon.examples.host;

import dev.tenon.auth.Lineages;
import dev.tenon.auth.config.ConfigTable;
import dev.tenon.auth.issue.AuthorityFiles;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.Fingerprint;
import dev.tenon.host.AuthoritySettings;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.PluginHost;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** What {@code tenon.toml} says about authorities and tokens. Immutable. */
record HostTrustConfig(
    Optional<AuthorityFiles> hostAuthority,
    Optional<AuthorityFiles> pluginAuthority,
    Duration overlap,
    Optional<Duration> watch,
    Optional<Path> revocationList,
    Map<Role, Set<Fingerprint>> pins,
    Duration tokenLife,
    Duration tokenGrace) {
  /** Shorter lives than this are for tests: plugins would do little but renew. */
  private static final Duration LEAST_LIFE = Duration.ofMinutes(1);

  /** Reads the tables, either of which may be missing; problems are noted in them. */
  static HostTrustConfig read(
      Optional<ConfigTable> tls, Optional<ConfigTable> tokens, Function<String, Path> path) {
    Duration life =
        tokens
            .flatMap(table -> table.parsed("life", HostTrustConfig::life))
            .orElse(Lineages.DEFAULT_TOKEN_LIFE);
    Duration shortest = life.compareTo(Lineages.DEFAULT_GRACE) < 0 ? life : Lineages.DEFAULT_GRACE;
    return new HostTrustConfig(
        tls.flatMap(table -> authority(table, "host_ca", path)),
        tls.flatMap(table -> authority(table, "plugin_ca", path)),
        tls.flatMap(table -> table.parsed("overlap", HostTrustConfig::overlap))
            .orElse(AuthoritySettings.DEFAULT.overlap()),
        tls.flatMap(table -> table.parsed("watch", HostTrustConfig::watch)),
        tls.flatMap(table -> table.parsed("revocation_list", path)),
        tls.map(HostTrustConfig::pins).orElse(Map.of()),
        life,
        tokens.flatMap(table -> table.parsed("grace", text -> grace(text, life))).orElse(shortest));
  }

  private static Optional<AuthorityFiles> authority(
      ConfigTable tls, String name, Function<String, Path> path) {
    String certificateKey = name + "_certificate";
    String keyKey = name + "_key";
    Optional<Path> certificate = tls.parsed(certificateKey, path);
    Optional<Path> key = tls.parsed(keyKey, path);
    String passphraseKey = name + "_passphrase";
    Optional<Path> passphrase = tls.parsed(passphraseKey, path);
    if (certificate.isPresent() != key.isPresent()) {
      String given = certificate.isPresent() ? certificateKey : keyKey;
      String missing = certificate.isPresent() ? keyKey : certificateKey;
      tls.problem(given, "got it alone (expected: " + missing + " too, or neither)");
    }
    if (passphrase.isPresent() && key.isEmpty()) {
      tls.problem(passphraseKey, "got it alone (expected: " + keyKey + " too)");
    }
    return certificate.flatMap(
        file -> key.map(secret -> new AuthorityFiles(file, secret, passphrase)));
  }

  private static Map<Role, Set<Fingerprint>> pins(ConfigTable tls) {
    Map<Role, Set<Fingerprint>> pins = new EnumMap<>(Role.class);
    pins(tls, "host_ca_pins", tls.strings("host_ca_pins"), Role.HOST, pins);
    pins(tls, "plugin_ca_pins", tls.strings("plugin_ca_pins"), Role.PLUGIN, pins);
    return pins;
  }

  private static void pins(
      ConfigTable tls,
      String key,
      List<String> texts,
      Role role,
      Map<Role, Set<Fingerprint>> pins) {
    if (texts.isEmpty() && tls.keys().contains(key)) {
      tls.problem(key, "got none (expected: a fingerprint)");
    }
    Set<Fingerprint> parsed = new LinkedHashSet<>();
    for (String text : texts) {
      try {
        parsed.add(Fingerprint.parse(text));
      } catch (IllegalArgumentException e) {
        tls.problem(key, String.valueOf(e.getMessage()));
      }
    }
    if (!parsed.isEmpty()) {
      pins.put(role, parsed);
    }
  }

  private static Duration overlap(String text) {
    return AuthoritySettings.DEFAULT.overlap(duration(text)).overlap();
  }

  private static Duration watch(String text) {
    return AuthoritySettings.DEFAULT.watch(duration(text)).watch().orElseThrow();
  }

  private static Duration life(String text) {
    Duration life = duration(text);
    if (life.compareTo(LEAST_LIFE) < 0) {
      throw new IllegalArgumentException("life (expected: at least " + LEAST_LIFE + ")");
    }
    var unused = PluginHost.builder().tokenLife(life, LEAST_LIFE);
    return life;
  }

  private static Duration grace(String text, Duration life) {
    Duration grace = duration(text);
    var unused = PluginHost.builder().tokenLife(life, grace);
    return grace;
  }

  private static Duration duration(String text) {
    try {
      return Duration.parse(text);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("(expected: an ISO 8601 duration such as PT1H)", e);
    }
  }

  /** Configures {@code host} with all of it. */
  void configure(HostBuilder host) {
    AuthoritySettings authorities = AuthoritySettings.DEFAULT.overlap(overlap);
    if (hostAuthority.isPresent()) {
      authorities = authorities.files(Role.HOST, hostAuthority.get());
    }
    if (pluginAuthority.isPresent()) {
      authorities = authorities.files(Role.PLUGIN, pluginAuthority.get());
    }
    if (watch.isPresent()) {
      authorities = authorities.watch(watch.get());
    }
    for (Map.Entry<Role, Set<Fingerprint>> of : pins.entrySet()) {
      authorities = authorities.pins(of.getKey(), of.getValue());
    }
    host.authorities(revocationList.map(authorities::revocationList).orElse(authorities));
    host.tokenLife(tokenLife, tokenGrace);
  }

  /** Returns the keys of the table {@code tls}, in the order in which they are printed. */
  Map<String, String> entries() {
    Map<String, String> entries = new LinkedHashMap<>();
    put(entries, "host_ca", hostAuthority);
    put(entries, "plugin_ca", pluginAuthority);
    entries.put("overlap", overlap.toString());
    watch.ifPresent(pause -> entries.put("watch", pause.toString()));
    revocationList.ifPresent(file -> entries.put("revocation_list", file.toString()));
    return entries;
  }

  /** Returns the keys of the table {@code tls} that are lists. */
  Map<String, List<String>> lists() {
    Map<String, List<String>> lists = new LinkedHashMap<>();
    pins.forEach(
        (role, fingerprints) ->
            lists.put(
                role.name().toLowerCase(Locale.ROOT) + "_ca_pins",
                fingerprints.stream().map(Fingerprint::hex).toList()));
    return lists;
  }

  private static void put(
      Map<String, String> entries, String name, Optional<AuthorityFiles> authority) {
    authority.ifPresent(
        files -> {
          entries.put(name + "_certificate", files.certificate().toString());
          entries.put(name + "_key", files.key().toString());
          files.passphrase().ifPresent(file -> entries.put(name + "_passphrase", file.toString()));
        });
  }
}
