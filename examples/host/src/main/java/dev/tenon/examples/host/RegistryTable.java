package dev.tenon.examples.host;

import dev.tenon.auth.config.ConfigTable;
import dev.tenon.registry.etcd.EtcdSettings;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The table {@code [registry]}: the etcd through which hosts share their registrations. */
final class RegistryTable {
  static final String NAME = "registry";

  private static final String ETCD = "etcd";
  private static final String LEASE = "lease";
  private static final String USER = "user";
  private static final String PASSWORD = "password_file";
  private static final String TRUSTED = "trusted";
  private static final String CERTIFICATE = "certificate";
  private static final String KEY = "key";

  private RegistryTable() {}

  /** Reads the table; problems are noted in it, and then there are no settings. */
  static Optional<EtcdSettings> read(ConfigTable table, Function<String, Path> path) {
    List<String> endpoints = table.strings(ETCD);
    Optional<Duration> lease =
        table.parsed(
            LEASE,
            text ->
                UpkeepConfig.duration(text, EtcdSettings.LEAST_LEASE, EtcdSettings.LONGEST_LEASE));
    Optional<String> user = table.string(USER);
    Optional<Path> password = table.parsed(PASSWORD, path);
    Optional<Path> trusted = table.parsed(TRUSTED, path);
    Optional<Path> certificate = table.parsed(CERTIFICATE, path);
    Optional<Path> key = table.parsed(KEY, path);
    boolean login = together(table, USER, user, PASSWORD, password);
    boolean client = together(table, CERTIFICATE, certificate, KEY, key);
    try {
      EtcdSettings settings = EtcdSettings.of(endpoints.toArray(String[]::new));
      settings = lease.isPresent() ? settings.lease(lease.get()) : settings;
      settings = trusted.isPresent() ? settings.trusted(trusted.get()) : settings;
      if (!login || !client) {
        return Optional.empty();
      }
      if (user.isPresent()) {
        settings = settings.login(user.get(), password.orElseThrow());
      }
      return Optional.of(
          certificate.isPresent()
              ? settings.client(certificate.get(), key.orElseThrow())
              : settings);
    } catch (IllegalArgumentException e) {
      table.problem(ETCD, String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }

  private static boolean together(
      ConfigTable table, String one, Optional<?> first, String other, Optional<?> second) {
    if (first.isPresent() == second.isPresent()) {
      return true;
    }
    String given = first.isPresent() ? one : other;
    String missing = first.isPresent() ? other : one;
    table.problem(given, "got it alone (expected: " + missing + " too, or neither)");
    return false;
  }

  /** Returns all keys that are read here, and the name of the table. */
  static Set<String> keys() {
    return Set.of(NAME, ETCD, LEASE, USER, PASSWORD, TRUSTED, CERTIFICATE, KEY);
  }

  /** Returns the entries of the table that are texts, in the order in which they are printed. */
  static Map<String, String> entries(EtcdSettings settings) {
    Map<String, String> entries = new LinkedHashMap<>();
    entries.put(LEASE, settings.lease().toString());
    settings
        .login()
        .ifPresent(
            login -> {
              entries.put(USER, login.user());
              entries.put(PASSWORD, login.password().toString());
            });
    settings.trusted().ifPresent(file -> entries.put(TRUSTED, file.toString()));
    settings
        .client()
        .ifPresent(
            client -> {
              entries.put(CERTIFICATE, client.certificate().toString());
              entries.put(KEY, client.key().toString());
            });
    return entries;
  }

  /** Returns the entry of the endpoints. */
  static String endpoints(EtcdSettings settings) {
    return settings.endpoints().stream()
        .map(URI::toString)
        .collect(Collectors.joining("\", \"", ETCD + " = [\"", "\"]\n"));
  }
}
