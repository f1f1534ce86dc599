package dev.tenon.auth.policy;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.config.ConfigTable;
import dev.tenon.core.CallPath;
import dev.tenon.core.Identity;
import dev.tenon.core.Permission;
import dev.tenon.core.PluginName;
import dev.tenon.core.ServiceName;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may provide and who may call which service, as the operator wrote it. Immutable and
 * thread-safe.
 *
 * <p>What no rule allows is denied. What any rule denies is denied, wherever it stands in the file.
 * A rule that cannot be evaluated denies. Callers are known by {@link Identity#name}: the plugin's
 * name, or {@code host}.
 */
public final class Policy {
  /** Allows nothing. */
  public static final Policy DENY_ALL = new Policy(List.of(), new ProvideTable.Builder().build());

  private static final System.Logger LOG = System.getLogger(Policy.class.getName());

  private final Map<String, List<PolicyRule>> rulesOfOneCaller;
  private final List<PolicyRule> rulesOfSeveral;
  private final ProvideTable provided;
  private final GrantTable grants;

  Policy(List<PolicyRule> rules, ProvideTable provided) {
    this(rules, provided, GrantTable.NONE);
  }

  Policy(List<PolicyRule> rules, ProvideTable provided, GrantTable grants) {
    Map<String, List<PolicyRule>> ofOne = new HashMap<>();
    List<PolicyRule> ofSeveral = new ArrayList<>();
    for (PolicyRule rule : rules) {
      if (rule.caller().isLiteral()) {
        ofOne.computeIfAbsent(rule.caller().toString(), name -> new ArrayList<>()).add(rule);
      } else {
        ofSeveral.add(rule);
      }
    }
    ofOne.replaceAll((name, theirs) -> List.copyOf(theirs));
    this.rulesOfOneCaller = Map.copyOf(ofOne);
    this.rulesOfSeveral = List.copyOf(ofSeveral);
    this.provided = provided;
    this.grants = grants;
  }

  /**
   * Loads a policy file. If it is missing or cannot be read, logs a warning and returns {@link
   * #DENY_ALL}.
   *
   * @throws ConfigException if it was read and is not a policy; lists all problems
   */
  public static Policy load(Path file) throws ConfigException {
    requireNonNull(file, "file");
    ConfigTable root;
    try {
      root = ConfigTable.read(file);
    } catch (ConfigException e) {
      if (e.kind() != ConfigException.Kind.UNREADABLE) {
        throw e;
      }
      LOG.log(
          Level.WARNING,
          "No policy: every call and every registration is denied until there is one. {0}",
          e.getMessage());
      return DENY_ALL;
    }
    return PolicyFile.parse(root);
  }

  /**
   * Parses the text of a policy file, which problems call {@code policy}.
   *
   * @throws ConfigException if it is not a policy; lists all problems
   */
  public static Policy parse(String toml) throws ConfigException {
    return PolicyFile.parse(ConfigTable.parse("policy", requireNonNull(toml, "toml")));
  }

  /**
   * Decides whether {@code caller} may call {@code path}.
   *
   * @throws CallDeniedException if no rule allows it, a rule denies it, or a rule failed
   */
  public Permit authorize(Identity caller, CallPath path) throws CallDeniedException {
    requireNonNull(path, "path");
    @Nullable PolicyRule allowing = null;
    for (PolicyRule rule : rulesOf(caller)) {
      if (!matches(rule, caller, path)) {
        continue;
      }
      if (rule.isDeny()) {
        throw new CallDeniedException(caller, path, "deny rule " + rule.id());
      }
      if (allowing == null || rule.audit().isStricterThan(allowing.audit())) {
        allowing = rule;
      }
    }
    if (allowing == null) {
      throw new CallDeniedException(caller, path, "no rule");
    }
    return new Permit(caller, path, allowing.id(), allowing.audit());
  }

  private static boolean matches(PolicyRule rule, Identity caller, CallPath path)
      throws CallDeniedException {
    try {
      return rule.matches(path);
    } catch (RuntimeException e) {
      throw new CallDeniedException(caller, path, "rule " + rule.id() + " failed", e);
    }
  }

  /** Returns the right of {@code plugin} to provide {@code service}, or empty if it has none. */
  public Optional<ProvideRight> mayProvide(PluginName plugin, ServiceName service) {
    return provided.right(plugin, service);
  }

  /**
   * Returns whether {@code caller} may call some method of {@code service}: some rule allows
   * methods that no single rule denies altogether. For answers about what exists; every call is
   * decided by {@link #authorize}.
   */
  public boolean mayCallAny(Identity caller, ServiceName service) {
    List<PolicyRule> matching;
    try {
      matching = rulesOf(caller).stream().filter(rule -> rule.matches(service)).toList();
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "A rule of the policy failed, which denies", e);
      return false;
    }
    return matching.stream()
        .filter(rule -> !rule.isDeny())
        .anyMatch(
            allowing ->
                matching.stream()
                    .noneMatch(rule -> rule.isDeny() && rule.method().covers(allowing.method())));
  }

  /**
   * Returns what {@code caller} may do within {@code service}, one of the host's that is offered by
   * grant. It is no right to call it, which {@link #authorize} decides.
   */
  public Set<Permission> permissions(Identity caller, ServiceName service) {
    return grants.permissions(caller.name(), service);
  }

  /** Returns whether some plugin may provide {@code service}. */
  public boolean isProvidable(ServiceName service) {
    return provided.isProvidable(service);
  }

  private List<PolicyRule> rulesOf(Identity caller) {
    String name = caller.name();
    List<PolicyRule> rules = new ArrayList<>(rulesOfOneCaller.getOrDefault(name, List.of()));
    for (PolicyRule rule : rulesOfSeveral) {
      if (rule.caller().test(name)) {
        rules.add(rule);
      }
    }
    return rules;
  }
}
