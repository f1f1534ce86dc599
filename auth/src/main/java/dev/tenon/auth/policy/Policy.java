package dev.tenon.auth.policy;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.core.CallPath;
import dev.tenon.core.Identity;
import dev.tenon.core.Permission;
import dev.tenon.core.PluginName;
import dev.tenon.core.ServiceName;
import dev.tenon.core.SpiffeId;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Collectors;

/**
 * Who may provide and who may call which service, as the operator wrote it. Immutable and
 * thread-safe.
 *
 * <p>What no rule allows is denied. What any rule denies is denied, wherever it stands in the file.
 * An authorizer beside the rules can only narrow them. Callers are known by {@link Identity#name}:
 * the plugin's name, or {@code host}. What is behind another host has rights only by rules and
 * entries that name that host ({@code words@host-b}).
 */
public final class Policy implements Authorizer {
  /** Allows nothing. */
  public static final Policy DENY_ALL = new Policy(List.of(), new ProvideTable.Builder().build());

  /** How many callers' rules are kept ready; more than runs that one host has. */
  static final int MAX_CALLERS = 1000;

  private static final System.Logger LOG = System.getLogger(Policy.class.getName());

  /*
   * A decision looks only at rules of its caller: they are put together when a run first asks, and
   * kept in `ofCallers` by the run, whose name is there for each call as one string: the plugin's
   * would be made anew each time. When there are too many, all are put together again. What is kept
   * cannot be out of date, since rules do not change within an instance.
   */
  private final List<CompiledRule> rules;
  private final Map<String, List<CompiledRule>> rulesOfOneCaller;
  private final List<CompiledRule> rulesOfSeveral;
  private final DirectRules direct;
  private final boolean limitsTime;
  private final ProvideTable provided;
  private final GrantTable grants;
  private final Optional<Authorizer> authorizer;
  private final ConcurrentMap<String, CallerRules> ofCallers = new ConcurrentHashMap<>();

  Policy(List<Rule> rules, ProvideTable provided) {
    this(rules, provided, GrantTable.NONE);
  }

  Policy(List<Rule> rules, ProvideTable provided, GrantTable grants) {
    this(compiled(rules), provided, grants, Optional.empty());
  }

  private Policy(
      List<CompiledRule> rules,
      ProvideTable provided,
      GrantTable grants,
      Optional<Authorizer> authorizer) {
    this.rules = rules;
    this.rulesOfOneCaller =
        rules.stream()
            .filter(rule -> rule.caller().isLiteral())
            .collect(Collectors.groupingBy(rule -> rule.caller().toString()));
    this.rulesOfSeveral = rules.stream().filter(rule -> !rule.caller().isLiteral()).toList();
    this.direct = DirectRules.among(rules);
    this.limitsTime = rules.stream().anyMatch(rule -> rule.written().maxDeadline().isPresent());
    this.provided = provided;
    this.grants = grants;
    this.authorizer = authorizer;
  }

  private static List<CompiledRule> compiled(List<Rule> rules) {
    Globs globs = new Globs();
    return rules.stream().map(rule -> new CompiledRule(rule, globs)).toList();
  }

  /** Returns whether an authorizer narrows it, whose answers may change while the rules do not. */
  public boolean isNarrowed() {
    return authorizer.isPresent();
  }

  /** Returns this policy, narrowed by {@code authorizer} and by no other. */
  public Policy narrowedBy(Authorizer authorizer) {
    return new Policy(rules, provided, grants, Optional.of(authorizer));
  }

  /** Returns this policy without the right of {@code plugin} to provide {@code service}. */
  public Policy without(PluginName plugin, ServiceName service) {
    return new Policy(rules, provided.without(plugin, service), grants, authorizer);
  }

  /**
   * Loads a policy file. If it is missing or cannot be read, logs a warning and returns {@link
   * #DENY_ALL}.
   *
   * @throws ConfigException if it was read and is not a policy; lists all problems
   */
  public static Policy load(Path file) throws ConfigException {
    requireNonNull(file, "file");
    PolicyDocument document;
    try {
      document = PolicyDocument.read(file);
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
    return document.policy();
  }

  /**
   * Parses the text of a policy file, which problems call {@code policy}.
   *
   * @throws ConfigException if it is not a policy; lists all problems
   */
  public static Policy parse(String toml) throws ConfigException {
    return new PolicyDocument("policy", toml).policy();
  }

  @Override
  public Decision decide(Identity caller, CallPath path) {
    requireNonNull(path, "path");
    Decision byRules = rulesOf(caller).decide(path);
    return authorizer.isPresent() && byRules instanceof Decision.Allow allow
        ? ask(authorizer.get(), caller, path, allow)
        : byRules;
  }

  private static Decision ask(
      Authorizer asked, Identity caller, CallPath path, Decision.Allow byRules) {
    try {
      Decision narrower = requireNonNull(asked.decide(caller, path), "decision");
      if (narrower instanceof Decision.Allow allow) {
        return byRules.and(allow);
      }
      return Decision.Deny.byAuthorizer(((Decision.Deny) narrower).rule());
    } catch (RuntimeException | LinkageError | StackOverflowError e) {
      return Decision.Deny.failed(e);
    }
  }

  /**
   * Decides whether {@code caller} may call {@code path}.
   *
   * @throws CallDeniedException if no rule allows it, a rule or an authorizer denies it, or the
   *     authorizer failed
   */
  public Permit authorize(Identity caller, CallPath path) throws CallDeniedException {
    Decision decision = decide(caller, path);
    if (decision instanceof Decision.Allow allow) {
      return new Permit(this, caller, path, allow.rule(), allow.audit(), maxDeadline(caller, path));
    }
    throw new CallDeniedException(caller, path, (Decision.Deny) decision);
  }

  private Optional<Duration> maxDeadline(Identity caller, CallPath path) {
    return limitsTime ? rulesOf(caller).maxDeadline(path) : Optional.empty();
  }

  /**
   * Checks again a call that was permitted. Under the policy that gave the permit only what an
   * authorizer says may have changed; under another one everything.
   *
   * @throws CallDeniedException if the call is denied now
   */
  public void reauthorize(Permit permit) throws CallDeniedException {
    if (!gave(permit) || authorizer.isPresent()) {
      var unused = authorize(permit.caller(), permit.path());
    }
  }

  /** Returns whether this very policy gave {@code permit}. */
  @SuppressWarnings("ReferenceEquality") // rules do not change within an instance
  public boolean gave(Permit permit) {
    return permit.giver() == this;
  }

  /** Tells why the rules allow {@code caller}, a plugin's name or {@code host}, a call or not. */
  public Explanation explain(String caller, CallPath path) {
    List<Rule> matching =
        rules.stream()
            .filter(rule -> rule.isAbout(caller) && rule.matches(path))
            .map(CompiledRule::written)
            .toList();
    return new Explanation(caller, path, compile(caller).decide(path), matching);
  }

  /** Returns the rules, in the order of the file. */
  public List<Rule> rules() {
    return rules.stream().map(CompiledRule::written).toList();
  }

  /** Returns the right of {@code plugin} to provide {@code service}, or empty if it has none. */
  public Optional<ProvideRight> mayProvide(PluginName plugin, ServiceName service) {
    return provided.right(plugin, service);
  }

  /**
   * Returns whether {@code caller} may call some method of {@code service}: some rule allows
   * methods that no single rule denies altogether, and an authorizer has nothing against it. For
   * answers about what exists; every call is decided by {@link #authorize}.
   */
  @Override
  public boolean mayCallAny(Identity caller, ServiceName service) {
    return rulesOf(caller).mayCallAny(service)
        && (authorizer.isEmpty() || isKnownTo(authorizer.get(), caller, service));
  }

  private static boolean isKnownTo(Authorizer asked, Identity caller, ServiceName service) {
    try {
      return asked.mayCallAny(caller, service);
    } catch (RuntimeException | LinkageError | StackOverflowError e) {
      LOG.log(Level.WARNING, "The authorizer failed, which denies", e);
      return false;
    }
  }

  /**
   * Returns the id of a rule by which {@code caller} may be introduced to a provider for calls of
   * {@code path}; empty if it may not, because calls are denied, or one by one recorded, put to an
   * authorizer or ended after a time, which the host alone can do.
   */
  public Optional<String> direct(Identity caller, CallPath path) {
    return callsDirectly(caller)
            && decide(caller, path) instanceof Decision.Allow allow
            && allow.audit() != AuditMode.CALL
            && maxDeadline(caller, path).isEmpty()
        ? direct.first(caller.name(), path).map(rule -> rule.written().id())
        : Optional.empty();
  }

  /** Returns whether there may be something that {@link #direct} allows {@code caller}. */
  public boolean callsDirectly(Identity caller) {
    return authorizer.isEmpty()
        && caller.id() instanceof SpiffeId.OfPlugin
        && !caller.isBehindOtherHost()
        && direct.isAbout(caller.name());
  }

  /**
   * Returns whether there may be something that {@link #direct} allows anybody of {@code service}.
   */
  public boolean isCalledDirectly(ServiceName service) {
    return authorizer.isEmpty() && direct.isAbout(service);
  }

  /**
   * Returns what {@code caller} may do within {@code service}, one of the host's that is offered by
   * grant. It is no right to call it, which {@link #authorize} decides.
   */
  public Set<Permission> permissions(Identity caller, ServiceName service) {
    return caller.isBehindOtherHost() ? Set.of() : grants.permissions(caller.name(), service);
  }

  /**
   * Returns the right of {@code plugin}, behind the other host {@code host}, to provide {@code
   * service} here, or empty if it has none.
   */
  public Optional<ProvideRight> mayProvide(
      SpiffeId.OfHost host, PluginName plugin, ServiceName service) {
    return provided.right(host, plugin, service);
  }

  /** Returns whether some plugin behind {@code host} may provide {@code service} here. */
  public boolean isProvidable(SpiffeId.OfHost host, ServiceName service) {
    return provided.isProvidable(host, service);
  }

  /** Returns whether some plugin may provide {@code service}. */
  public boolean isProvidable(ServiceName service) {
    return provided.isProvidable(service);
  }

  /** Returns the plugins that rules and entries name, without wildcards. */
  Set<String> namedPlugins() {
    Set<String> named = new TreeSet<>(rulesOfOneCaller.keySet());
    provided.plugins().forEach(plugin -> named.add(plugin.value()));
    named.remove(PluginName.HOST);
    return named;
  }

  /** Returns whether {@code caller} may call something that {@code plugin} may provide. */
  boolean mayCallSomeOf(String caller, String plugin) {
    CallerRules theirs = compile(caller);
    PluginName provider = new PluginName(plugin);
    return provided.everything(provider)
        ? theirs.mayCallSomething()
        : provided.services(provider).stream().anyMatch(theirs::mayCallAny);
  }

  private CallerRules rulesOf(Identity caller) {
    CallerRules kept = ofCallers.get(caller.actor());
    return kept == null ? keep(caller) : kept;
  }

  private CallerRules keep(Identity caller) {
    if (ofCallers.size() >= MAX_CALLERS) {
      ofCallers.clear();
    }
    CallerRules made = compile(caller.name());
    ofCallers.put(caller.actor(), made);
    return made;
  }

  private CallerRules compile(String caller) {
    List<CompiledRule> theirs = new ArrayList<>(rulesOfOneCaller.getOrDefault(caller, List.of()));
    if (caller.indexOf('@') >= 0) {
      rules.stream()
          .filter(rule -> rule.caller().isLiteral() && rule.isAbout(caller))
          .forEach(theirs::add);
    }
    rulesOfSeveral.stream().filter(rule -> rule.isAbout(caller)).forEach(theirs::add);
    return new CallerRules(theirs);
  }
}
