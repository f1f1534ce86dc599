package dev.tenon.bench;

import dev.tenon.auth.Lineages;
import dev.tenon.auth.NotAuthenticatedException;
import dev.tenon.auth.RandomSourceFailedException;
import dev.tenon.auth.TokenMint;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.CallPath;
import dev.tenon.core.Identity;
import dev.tenon.core.SpiffeId;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * What each call is asked for: the token of its run, and then the policy. 512 callers in turn, with
 * the rules of {@link PolicyDecision}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CallChecks {
  /** A power of two, so that {@link Turn} can wrap without a division. */
  private static final int CALLERS = 512;

  private final String[] tokens = new String[CALLERS];
  private final Lineages lineages =
      new Lineages(
          new TokenMint(new SecureRandom()),
          InstantSource.system(),
          Lineages.DEFAULT_TOKEN_LIFE,
          Lineages.DEFAULT_GRACE);
  private Policy policy = Policy.DENY_ALL;
  private Identity[] identities = new Identity[0];

  /** Makes checks that refuse everyone; {@link #open()} brings callers and rules. */
  public CallChecks() {}

  /** Opens a lineage for every caller, and parses the policy. */
  @Setup
  public void open() throws ConfigException, GeneralSecurityException, RandomSourceFailedException {
    policy = PolicyDecision.policyFor(CALLERS);
    identities = PolicyDecision.callers(CALLERS);
    PublicKey key = TokenValidation.newKey();
    for (int i = 0; i < CALLERS; i++) {
      SpiffeId.OfPlugin caller = (SpiffeId.OfPlugin) identities[i].id();
      tokens[i] = lineages.open(caller.runtimeId(), key).token().exposeForWire();
    }
  }

  /** A call that a rule allows which names caller, service and method. */
  @Benchmark
  public boolean validTokenAndAllowed(Turn turn) {
    return isAllowed(turn.next(CALLERS), PolicyDecision.ALLOWED);
  }

  /** A call that a rule allows which has wildcards in service and method. */
  @Benchmark
  public boolean validTokenAndAllowedByWildcard(Turn turn) {
    return isAllowed(turn.next(CALLERS), PolicyDecision.BY_WILDCARD);
  }

  private boolean isAllowed(int caller, CallPath path) {
    Identity identity = identities[caller];
    try {
      lineages.verify(((SpiffeId.OfPlugin) identity.id()).runtimeId(), tokens[caller]);
    } catch (NotAuthenticatedException e) {
      return false;
    }
    return policy.decide(identity, path).isAllow();
  }
}
