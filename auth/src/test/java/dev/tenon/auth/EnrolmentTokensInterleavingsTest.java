package dev.tenon.auth;

import dev.tenon.core.RuntimeId;
import java.util.List;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;

/** Enrolment tokens that are issued, redeemed and withdrawn at once: as in some order. */
class EnrolmentTokensInterleavingsTest {
  @Test
  void enrolmentTokens_interleaved_behaveAsInSomeOrder() {
    Interleavings.check(Tokens.class);
  }

  /** Tokens 0 and 1 are of run 1, token 2 of run 2; all are out from the beginning. */
  @Param(name = "run", gen = IntGen.class, conf = "1:2")
  @Param(name = "token", gen = IntGen.class, conf = "0:2")
  public static class Tokens {
    private static final List<RuntimeId> RUNS =
        List.of(
            new RuntimeId("other-0000000000000000"),
            new RuntimeId("words-0000000000000001"),
            new RuntimeId("words-0000000000000002"));

    private final TestClock clock = new TestClock();
    private final EnrolmentTokens tokens =
        new EnrolmentTokens(
            new TokenMint(new SteadyRandom()), clock, clock, EnrolmentTokens.DEFAULT_LIFE);
    private final List<String> out;

    public Tokens() throws RandomSourceFailedException {
      out = List.of(issueOne(1), issueOne(1), issueOne(2));
    }

    private String issueOne(int run) throws RandomSourceFailedException {
      return tokens.issue(RUNS.get(run)).token().exposeForWire();
    }

    @Operation(params = "run", blocking = true)
    public void issue(int run) throws RandomSourceFailedException {
      var unused = issueOne(run);
    }

    @Operation(
        params = {"run", "token"},
        blocking = true)
    public String redeem(int run, int token) {
      try {
        tokens.redeem(RUNS.get(run), out.get(token));
        return "REDEEMED";
      } catch (NotAuthenticatedException e) {
        return e.why().name();
      } catch (TokenSpentException e) {
        return "SPENT";
      }
    }

    @Operation(params = "token", blocking = true)
    public boolean isIssued(int token) {
      return tokens.isIssued(out.get(token));
    }

    @Operation(params = "run", blocking = true)
    public void withdraw(int run) {
      tokens.withdraw(RUNS.get(run));
    }

    @Operation(blocking = true)
    public int live() {
      return tokens.live();
    }

    @Operation(blocking = true)
    public int size() {
      return tokens.size();
    }
  }
}
