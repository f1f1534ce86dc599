package dev.tenon.bench;

import dev.tenon.auth.Lineages;
import dev.tenon.auth.NotAuthenticatedException;
import dev.tenon.auth.RandomSourceFailedException;
import dev.tenon.auth.TokenMint;
import dev.tenon.core.PluginName;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.Token;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
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
 * What the check of a runtime token costs each call: for the right token, and for the two kinds of
 * wrong ones that must cost an attacker the same. A run of each kind is taken in turn.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class TokenValidation {
  /** A power of two, so that {@link Turn} can wrap without a division. */
  private static final int RUNS = 256;

  private final RuntimeId[] known = new RuntimeId[RUNS];
  private final RuntimeId[] unknown = new RuntimeId[RUNS];
  private final String[] valid = new String[RUNS];
  private final String[] wrong = new String[RUNS];
  private final Lineages lineages;

  /** Makes lineages without any run; {@link #open()} fills them. */
  public TokenValidation() {
    lineages =
        new Lineages(
            new TokenMint(new SecureRandom()),
            InstantSource.system(),
            Lineages.DEFAULT_TOKEN_LIFE,
            Lineages.DEFAULT_GRACE);
  }

  /** Opens a lineage for every known run. */
  @Setup
  public void open() throws GeneralSecurityException, RandomSourceFailedException {
    TokenMint mint = new TokenMint(new SecureRandom());
    PluginName plugin = new PluginName("bench");
    PublicKey key = newKey();
    for (int i = 0; i < RUNS; i++) {
      known[i] = mint.runtimeId(plugin, id -> false);
      unknown[i] = mint.runtimeId(plugin, id -> false);
      valid[i] = lineages.open(known[i], key).token().exposeForWire();
      wrong[i] = mint.mint(Token.Kind.RUNTIME).exposeForWire();
    }
  }

  static PublicKey newKey() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair().getPublic();
  }

  /** The token that a run was given. */
  @Benchmark
  public boolean validToken(Turn turn) {
    int run = turn.next(RUNS);
    return isAccepted(known[run], valid[run]);
  }

  /** A well-formed token that nobody was given, from a run that is known. */
  @Benchmark
  public boolean wrongTokenOfKnownId(Turn turn) {
    int run = turn.next(RUNS);
    return isAccepted(known[run], wrong[run]);
  }

  /** The same token from a run that nobody knows. */
  @Benchmark
  public boolean wrongTokenOfUnknownId(Turn turn) {
    int run = turn.next(RUNS);
    return isAccepted(unknown[run], wrong[run]);
  }

  private boolean isAccepted(RuntimeId plugin, String token) {
    try {
      lineages.verify(plugin, token);
      return true;
    } catch (NotAuthenticatedException e) {
      return false;
    }
  }
}
