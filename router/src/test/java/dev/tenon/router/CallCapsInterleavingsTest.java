package dev.tenon.router;

import dev.tenon.auth.Interleavings;
import dev.tenon.auth.Interleavings.Scenario;
import dev.tenon.core.CallLimits;
import java.util.List;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Test;

/** Calls of one caller that begin at once: counted as in some order. Row: DS-11 */
class CallCapsInterleavingsTest {
  /** Two are the first of a caller. */
  private static final Scenario FIRST =
      new Scenario(List.of(), List.of("enter"), List.of("enter"), List.of("enter", "enter"));

  /** Two go for the one place that is left. */
  private static final Scenario LAST_PLACE =
      new Scenario(List.of("enter"), List.of("enter"), List.of("enter"), List.of("enter"));

  @Test
  void callCaps_interleaved_countAsInSomeOrder() {
    Interleavings.check(Caps.class, List.of(FIRST, LAST_PLACE));
  }

  /**
   * Room for two of the caller. In total there is room for all: who has taken its caller's place
   * when it finds the host full gives it back, and who comes between may be refused for it.
   */
  public static class Caps {
    private final CallCaps caps = new CallCaps(new CallLimits(2, 1, 1_000));

    @Operation
    public boolean enter() {
      try {
        var unused = caps.enter("a");
        return true;
      } catch (CallLimitException full) {
        return false;
      }
    }
  }
}
