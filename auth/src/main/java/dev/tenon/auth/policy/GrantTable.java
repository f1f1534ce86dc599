package dev.tenon.auth.policy;

import dev.tenon.core.Permission;
import dev.tenon.core.ServiceName;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The {@code [[grant]]} entries of a policy: what callers may do within services of the host that
 * are offered by grant. They give no right to call: that is for the rules. Immutable and
 * thread-safe.
 */
record GrantTable(List<Entry> entries) {
  /** A policy without entries. */
  static final GrantTable NONE = new GrantTable(List.of());

  /** One entry. */
  record Entry(Glob caller, ServiceName service, Set<Permission> permissions) {
    Entry {
      permissions = Set.copyOf(permissions);
    }
  }

  GrantTable {
    entries = List.copyOf(entries);
  }

  /** Returns what all entries together allow the caller called {@code name} within a service. */
  Set<Permission> permissions(String name, ServiceName service) {
    return entries.stream()
        .filter(entry -> entry.service().equals(service) && entry.caller().test(name))
        .flatMap(entry -> entry.permissions().stream())
        .collect(Collectors.toUnmodifiableSet());
  }
}
