package dev.tenon.auth.policy;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.config.ConfigTable;
import dev.tenon.core.Permission;
import dev.tenon.core.PluginName;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** The format of a policy file. Everything in it is checked before any of it is used. */
final class PolicyFile {
  /** Longest rule id, which the audit log shows. */
  static final int MAX_ID_LENGTH = 64;

  /** Most permissions of one entry. */
  static final int MAX_PERMISSIONS = 100;

  /** Shortest that a rule may let calls take: less is shorter than a busy host's own delays. */
  static final Duration LEAST_MAX_DEADLINE = Duration.ofMillis(100);

  /** Longest; a longer one would not be noticed. */
  static final Duration MOST_MAX_DEADLINE = Duration.ofDays(365);

  /** Longest description, which operators are shown. */
  static final int MAX_DESCRIPTION_LENGTH = 256;

  private static final String EVERYTHING = "*";
  private static final String PLACEHOLDER = "placeholder";

  private final ProvideTable.Builder provided = new ProvideTable.Builder();
  private final Set<String> ids = new HashSet<>();
  private final List<Rule> rules = new ArrayList<>();
  private final List<GrantTable.Entry> grants = new ArrayList<>();

  private PolicyFile() {}

  static Policy parse(ConfigTable root) throws ConfigException {
    PolicyFile file = new PolicyFile();
    root.tables("provide").forEach(file::readProvide);
    root.tables("rule").forEach(file::readRule);
    root.tables("grant").forEach(file::readGrant);
    root.finish();
    return new Policy(file.rules, file.provided.build(), new GrantTable(file.grants));
  }

  private void readProvide(ConfigTable entry) {
    Provider provider =
        entry.requiredParsed("plugin", Provider::parse, Provider.parse(PLACEHOLDER));
    List<String> services = entry.requiredParsedList("services", PolicyFile::serviceOrEverything);
    Sharing sharing = entry.bool("exclusive").orElse(false) ? Sharing.EXCLUSIVE : Sharing.SHARED;
    if (services.size() > 1 && services.contains(EVERYTHING)) {
      entry.problem("services", "got \"*\" beside names (expected: names, or \"*\" alone)");
      return;
    }
    for (String service : services) {
      boolean agrees = allow(provider, service, sharing);
      if (!agrees) {
        entry.problem(
            "exclusive",
            "got "
                + (sharing == Sharing.EXCLUSIVE)
                + " for \""
                + service
                + "\" (expected: the same as in its earlier entry)");
      }
    }
  }

  /** Who may provide: a plugin of this host, or {@code <plugin>@<host>} behind another. */
  private record Provider(PluginName plugin, Optional<String> host) {
    static Provider parse(String text) {
      int at = text.indexOf('@');
      return at < 0
          ? new Provider(new PluginName(text), Optional.empty())
          : new Provider(
              new PluginName(text.substring(0, at)),
              Optional.of(CallerPattern.host(text.substring(at + 1))));
    }
  }

  private boolean allow(Provider provider, String service, Sharing sharing) {
    PluginName plugin = provider.plugin();
    if (service.equals(EVERYTHING)) {
      return provider.host().isPresent()
          ? provided.allowEverything(provider.host().get(), plugin, sharing)
          : provided.allowEverything(plugin, sharing);
    }
    ServiceName named = new ServiceName(service);
    return provider.host().isPresent()
        ? provided.allow(provider.host().get(), plugin, named, sharing)
        : provided.allow(plugin, named, sharing);
  }

  private static String serviceOrEverything(String text) {
    if (!text.equals(EVERYTHING) && new ServiceName(text).isReserved()) {
      throw new IllegalArgumentException("service (expected: not a reserved service)");
    }
    return text;
  }

  private void readRule(ConfigTable entry) {
    String id = entry.requiredParsed("id", PolicyFile::id, "");
    if (!id.isEmpty() && !ids.add(id)) {
      entry.problem("id", "got \"" + id + "\" again (expected: an id of its own)");
    }
    CallerPattern caller =
        entry.requiredParsed("caller", CallerPattern::parse, CallerPattern.parse(EVERYTHING));
    Effect effect = entry.requiredParsed("effect", PolicyFile::effect, Effect.DENY);
    AuditMode audit =
        entry
            .parsed("audit", PolicyFile::audit)
            .orElse(caller.host().isPresent() ? AuditMode.CALL : AuditMode.FIRST);
    Optional<Duration> maxDeadline = entry.parsed("max_deadline", PolicyFile::maxDeadline);
    if (maxDeadline.isPresent() && effect == Effect.DENY) {
      entry.problem("max_deadline", "got one (expected: it only where effect = \"allow\")");
    }
    rules.add(
        new Rule(
            id,
            entry.parsed("description", PolicyFile::description).orElse(""),
            effect,
            caller.toString(),
            entry.requiredParsed("service", text -> checked(text, Glob::ofServices), EVERYTHING),
            entry.parsed("method", text -> checked(text, Glob::ofMethods)).orElse(EVERYTHING),
            audit,
            way(entry, effect, caller, audit, maxDeadline.isPresent()),
            maxDeadline));
  }

  private static Duration maxDeadline(String text) {
    try {
      Duration most = Duration.parse(text);
      if (most.compareTo(LEAST_MAX_DEADLINE) >= 0 && most.compareTo(MOST_MAX_DEADLINE) <= 0) {
        return most;
      }
    } catch (DateTimeException e) {
      // As one that is out of range.
    }
    throw new IllegalArgumentException(
        "max_deadline (expected: an ISO 8601 duration, "
            + LEAST_MAX_DEADLINE
            + " to "
            + MOST_MAX_DEADLINE
            + ")");
  }

  /**
   * Reads {@code direct}: nobody but the host can record calls and end them, and introduce its own
   * plugins.
   */
  private static CallWay way(
      ConfigTable entry,
      Effect effect,
      CallerPattern caller,
      AuditMode audit,
      boolean hasMaxDeadline) {
    if (!entry.bool("direct").orElse(false)) {
      return CallWay.ROUTED;
    }
    if (effect == Effect.DENY) {
      entry.problem("direct", "got true (expected: it only where effect = \"allow\")");
    } else if (caller.host().isPresent() || caller.toString().equals(PluginName.HOST)) {
      entry.problem("direct", "got true (expected: it only where plugins of this host call)");
    } else if (audit == AuditMode.CALL) {
      entry.problem(
          "direct",
          "got true beside audit = \"call\" (expected: one of them; see docs/security.md)");
    } else if (hasMaxDeadline) {
      entry.problem(
          "direct", "got true beside max_deadline (expected: one of them; see docs/security.md)");
    }
    return CallWay.DIRECT;
  }

  private static String checked(String pattern, Function<String, Glob> grammar) {
    return grammar.apply(pattern).toString();
  }

  private static String description(String text) {
    if (text.length() > MAX_DESCRIPTION_LENGTH || text.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(
          "description (expected: at most 256 characters, none of them a control character)");
    }
    return text;
  }

  private void readGrant(ConfigTable entry) {
    List<Permission> permissions = entry.requiredParsedList("permissions", Permission::new);
    if (permissions.size() > MAX_PERMISSIONS) {
      entry.problem(
          "permissions",
          "got " + permissions.size() + " (expected: at most " + MAX_PERMISSIONS + ")");
    }
    grants.add(
        new GrantTable.Entry(
            entry.requiredParsed("caller", Glob::ofCallers, Glob.ofMethods("*")),
            new ServiceName(entry.requiredParsed("service", PolicyFile::grantable, PLACEHOLDER)),
            new HashSet<>(permissions)));
    entry.string("description");
  }

  private static String grantable(String text) {
    if (new ServiceName(text).isReserved()) {
      throw new IllegalArgumentException("service (expected: not a reserved service)");
    }
    return text;
  }

  private static String id(String text) {
    boolean valid =
        !text.isEmpty()
            && text.length() <= MAX_ID_LENGTH
            && text.chars()
                .allMatch(
                    c ->
                        (c >= 'a' && c <= 'z')
                            || (c >= 'A' && c <= 'Z')
                            || (c >= '0' && c <= '9')
                            || "-_.".indexOf((char) c) >= 0);
    if (!valid) {
      throw new IllegalArgumentException(
          "id (expected: 1 to 64 of A-Z, a-z, 0-9, '-', '_' and '.')");
    }
    return text;
  }

  private static Effect effect(String text) {
    return switch (text) {
      case "allow" -> Effect.ALLOW;
      case "deny" -> Effect.DENY;
      default -> throw new IllegalArgumentException("effect (expected: \"allow\" or \"deny\")");
    };
  }

  private static AuditMode audit(String text) {
    return switch (text) {
      case "first" -> AuditMode.FIRST;
      case "call" -> AuditMode.CALL;
      default -> throw new IllegalArgumentException("audit (expected: \"first\" or \"call\")");
    };
  }
}
