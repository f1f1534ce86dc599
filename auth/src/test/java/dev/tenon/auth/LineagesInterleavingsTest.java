package dev.tenon.auth;

import static dev.tenon.auth.Interleavings.isDone;

import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;

/**
 * Renewals, revocation and validation of one run: every interleaving is as good as some order. Why
 * something was refused is for the audit log and not compared; nor is how many runs there are,
 * which is an estimate while that changes, as the size of any ConcurrentHashMap.
 */
class LineagesInterleavingsTest {
  @Test
  void lineages_interleaved_behaveAsInSomeOrder() {
    Interleavings.check(Run.class);
  }

  /**
   * One run that has enrolled with key 0. What its plugin does is done one after the other, since
   * it uses the tokens that it was given; others interfere at any time.
   */
  @Param(name = "key", gen = IntGen.class, conf = "0:3")
  @Param(name = "token", gen = IntGen.class, conf = "0:4")
  public static class Run {
    private static final RuntimeId WORDS = new RuntimeId("words-0000000000000001");
    private static final List<PublicKey> KEYS = Stream.generate(TestKeys::key).limit(4).toList();
    private static final String PLUGIN = "plugin";

    private final TestClock clock = new TestClock();
    private final Lineages lineages =
        new Lineages(
            new TokenMint(new SteadyRandom()),
            new Clocks(clock, clock),
            Lineages.DEFAULT_TOKEN_LIFE,
            Lineages.DEFAULT_GRACE);

    /** What the plugin was given, in the order of its calls. */
    private final List<String> given = new ArrayList<>();

    public Run() throws RefusedException {
      given.add(lineages.open(WORDS, KEYS.get(0)).token().exposeForWire());
    }

    @Operation(nonParallelGroup = PLUGIN)
    public boolean renew() {
      return isDone(() -> given.add(renewed(0, 1)));
    }

    @Operation(nonParallelGroup = PLUGIN)
    public boolean renewOverTheSuccessor() {
      return isDone(() -> given.add(renewed(1, 2)));
    }

    @Operation
    public boolean renewAtTheSameTime() {
      return isDone(() -> renewed(0, 1));
    }

    @Operation
    public boolean renewWithAnotherKey() {
      return isDone(() -> renewed(0, 2));
    }

    private String renewed(int over, int to) throws RefusedException {
      return lineages.renew(WORDS, KEYS.get(over), KEYS.get(to)).token().exposeForWire();
    }

    @Operation
    public boolean reopen() {
      return isDone(() -> lineages.reopen(WORDS, KEYS.get(3)));
    }

    @Operation
    public void revoke() {
      lineages.revoke(WORDS);
    }

    @Operation(params = "token", nonParallelGroup = PLUGIN)
    public boolean verify(int token) {
      return token < given.size()
          && isDone(
              () -> {
                lineages.verify(WORDS, given.get(token));
                return true;
              });
    }

    @Operation(params = "key")
    public boolean verifyKey(int key) {
      return isDone(
          () -> {
            lineages.verifyKey(WORDS, KEYS.get(key));
            return true;
          });
    }
  }
}
