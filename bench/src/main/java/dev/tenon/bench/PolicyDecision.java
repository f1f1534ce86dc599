package dev.tenon.bench;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.CallPath;
import dev.tenon.core.Identity;
import dev.tenon.core.PluginName;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * What a decision costs each call. Every caller has four rules of its own, one of them with
 * wildcards in service and method; four rules are for all callers. Callers are taken in turn.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PolicyDecision {
  private static final String OF_A_CALLER =
      """
      [[rule]]
      id = "%1$s-reads"
      effect = "allow"
      caller = "%1$s"
      service = "acme.kv.v1.KeyValue"
      method = "Get"

      [[rule]]
      id = "%1$s-logs"
      effect = "allow"
      caller = "%1$s"
      service = "acme.log.v1.Log"

      [[rule]]
      id = "%1$s-lists"
      effect = "allow"
      caller = "%1$s"
      service = "acme.*.v[1-3].Index"
      method = "List*"

      [[rule]]
      id = "%1$s-never"
      effect = "deny"
      caller = "%1$s"
      service = "acme.kv.v1.KeyValue"
      method = "Drop"

      """;

  private static final String OF_ALL =
      """
      [[rule]]
      id = "time"
      effect = "allow"
      caller = "*"
      service = "acme.time.v1.Clock"

      [[rule]]
      id = "no-admin"
      effect = "deny"
      caller = "plugin-*"
      service = "acme.admin.*"

      [[rule]]
      id = "no-purge"
      effect = "deny"
      caller = "*"
      service = "*"
      method = "Purge*"

      [[rule]]
      id = "not-of-some"
      effect = "deny"
      caller = "old-[a-z]*"
      service = "*"

      """;

  static final CallPath ALLOWED = CallPath.parse("/acme.kv.v1.KeyValue/Get");
  static final CallPath BY_WILDCARD = CallPath.parse("/acme.kv.v2.Index/ListKeys");
  private static final CallPath DENIED = CallPath.parse("/acme.kv.v1.KeyValue/Drop");
  private static final CallPath NO_RULE = CallPath.parse("/acme.other.v1.Other/Get");

  /** How many callers the policy has rules for; a power of two. */
  @Param({"1", "512"})
  public int callers;

  private Policy policy = Policy.DENY_ALL;
  private Identity[] identities = new Identity[0];

  /** Makes a benchmark without rules; {@link #open()} brings them. */
  public PolicyDecision() {}

  /** Parses the policy. */
  @Setup
  public void open() throws ConfigException {
    policy = policyFor(callers);
    identities = callers(callers);
  }

  /** Returns a policy with rules for {@code count} callers. */
  static Policy policyFor(int count) throws ConfigException {
    StringBuilder toml = new StringBuilder(OF_ALL);
    for (int i = 0; i < count; i++) {
      toml.append(OF_A_CALLER.formatted(name(i).value()));
    }
    return Policy.parse(toml.toString());
  }

  /** Returns the identities of its first {@code count} callers. */
  static Identity[] callers(int count) {
    SpiffeId.OfHost host = new SpiffeId.OfHost(new TrustDomain("tenon.internal"), "h-1");
    Identity[] identities = new Identity[count];
    for (int i = 0; i < count; i++) {
      identities[i] =
          new Identity(
              new SpiffeId.OfPlugin(host, RuntimeId.of(name(i), i + 1)), Identity.Evidence.SVID);
    }
    return identities;
  }

  private static PluginName name(int caller) {
    return new PluginName("plugin-" + caller);
  }

  /** Allowed by a rule that names caller, service and method. */
  @Benchmark
  public boolean allowed(Turn turn) {
    return decide(turn, ALLOWED);
  }

  /** Allowed by a rule with wildcards in service and method. */
  @Benchmark
  public boolean allowedByWildcard(Turn turn) {
    return decide(turn, BY_WILDCARD);
  }

  /** Denied by a rule. */
  @Benchmark
  public boolean deniedByRule(Turn turn) {
    return decide(turn, DENIED);
  }

  /** Denied because no rule matches. */
  @Benchmark
  public boolean deniedWithoutRule(Turn turn) {
    return decide(turn, NO_RULE);
  }

  private boolean decide(Turn turn, CallPath path) {
    return policy.decide(identities[turn.next(callers)], path).isAllow();
  }
}
