package dev.tenon.bench;

import dev.tenon.auth.Clocks;
import dev.tenon.auth.TokenMint;
import dev.tenon.auth.grant.GrantRefusedException;
import dev.tenon.auth.grant.GrantStore;
import dev.tenon.core.GrantLimits;
import dev.tenon.core.PluginName;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Token;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * What the check of a grant costs each use of one: for the right one, for a wrong token, and for an
 * id that nobody was given. One grant of each of many runs is taken in turn.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class GrantCheck {
  /** A power of two, so that {@link Turn} can wrap without a division. */
  private static final int GRANTS = 256;

  private static final ServiceName SERVICE = new ServiceName("acme.kv.v1.KeyValue");

  private final TokenMint mint = new TokenMint(new SecureRandom());
  private final GrantStore store =
      new GrantStore(
          mint, new Clocks(InstantSource.system(), System::nanoTime), GrantLimits.DEFAULT);
  private final RuntimeId[] holders = new RuntimeId[GRANTS];
  private final String[] valid = new String[GRANTS];
  private final String[] wrongToken = new String[GRANTS];
  private final String[] unknownId = new String[GRANTS];

  /** Makes a store without grants; {@link #open()} fills it. */
  public GrantCheck() {}

  /** Puts a grant for every run into effect. */
  @Setup
  public void open() throws RefusedException {
    for (int i = 0; i < GRANTS; i++) {
      holders[i] = RuntimeId.of(new PluginName("bench"), i);
      GrantStore.Draft draft = store.draft(holders[i], SERVICE, Set.of());
      store.activate(draft);
      valid[i] = draft.grant().id() + " " + draft.token().token().exposeForWire();
      wrongToken[i] = draft.grant().id() + " " + mint.mint(Token.Kind.GRANT).exposeForWire();
      unknownId[i] = mint.grantId() + " " + draft.token().token().exposeForWire();
    }
  }

  /** The grant that a run was given. */
  @Benchmark
  public boolean validGrant(Turn turn) {
    return isAccepted(turn.next(GRANTS), valid);
  }

  /** With a token that nobody was given. */
  @Benchmark
  public boolean grantWithWrongToken(Turn turn) {
    return isAccepted(turn.next(GRANTS), wrongToken);
  }

  /** With an id that nobody was given. */
  @Benchmark
  public boolean grantOfUnknownId(Turn turn) {
    return isAccepted(turn.next(GRANTS), unknownId);
  }

  private boolean isAccepted(int i, String[] presented) {
    try {
      return store.verify(holders[i], SERVICE, presented[i]).isLive();
    } catch (GrantRefusedException e) {
      return false;
    }
  }
}
