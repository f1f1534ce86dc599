package dev.tenon.auth;

import static org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt.forClasses;

import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.util.LoggingLevel;

/**
 * Looks for an interleaving of small random scenarios whose results no order of the same calls, one
 * after the other, explains.
 *
 * <p>Every build tries a few, in seconds. There each call into {@code java.util} is one step, so
 * that only our own code is taken apart, and a call that is not {@code blocking} may not wait for
 * another thread. {@code -Dtenon.lincheck=N} tries {@code N} scenarios with up to 1,000
 * interleavings each, and takes the JDK's maps apart as well (docs/evidence/lincheck.md).
 */
public final class Interleavings {
  /** Zero for the short form. */
  private static final int LONG_FORM = Integer.getInteger("tenon.lincheck", 0);

  private static final boolean IS_LONG = LONG_FORM > 0;
  private static final int SCENARIOS = IS_LONG ? LONG_FORM : 3;
  private static final int INTERLEAVINGS = IS_LONG ? 1_000 : 40;

  private Interleavings() {}

  /**
   * Checks {@code store}, whose methods with {@code @Operation} return what a caller sees.
   *
   * @throws AssertionError with the scenario and the interleaving, if there is one
   */
  public static void check(Class<?> store) {
    new ModelCheckingOptions()
        .iterations(SCENARIOS)
        .invocationsPerIteration(INTERLEAVINGS)
        .threads(2)
        .actorsBefore(1)
        .actorsPerThread(3)
        .actorsAfter(2)
        .checkObstructionFreedom(!IS_LONG)
        .addGuarantee(forClasses(Interleavings::isOneStep).allMethods().treatAsAtomic())
        .logLevel(LoggingLevel.OFF)
        .check(store);
  }

  /**
   * What has no state that two calls share, or state of the audit log alone; and the random source,
   * whose generator would be replaced by one that repeats itself, which it refuses.
   */
  private static boolean isOneStep(String type) {
    return type.startsWith("dev.tenon.core.")
        || type.startsWith("com.github.benmanes.caffeine.")
        || type.equals(Digest.class.getName())
        || type.equals(RandomSource.class.getName())
        || (!IS_LONG && type.startsWith("java.util."));
  }
}
