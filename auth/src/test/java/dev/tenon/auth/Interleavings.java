package dev.tenon.auth;

import static org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt.forClasses;

import dev.tenon.core.RefusedException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
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

  /** Enough for all interleavings of few calls in which the threads change places once. */
  private static final int EACH_OF_FIRST = 400;

  private Interleavings() {}

  /**
   * Checks {@code store}, whose methods with {@code @Operation} return what a caller sees.
   *
   * @throws AssertionError with the scenario and the interleaving, if there is one
   */
  public static void check(Class<?> store) {
    check(store, List.of());
  }

  /**
   * Checks {@code store} in {@code first}, scenarios for races that a few random ones miss, and
   * then in random ones.
   *
   * @throws AssertionError with the scenario and the interleaving, if there is one
   */
  public static void check(Class<?> store, List<Scenario> first) {
    if (!first.isEmpty()) {
      ModelCheckingOptions options = options(/* scenarios= */ 0, EACH_OF_FIRST);
      for (Scenario scenario : first) {
        options = options.addCustomScenario(scenario.of(store));
      }
      options.check(store);
    }
    options(SCENARIOS, INTERLEAVINGS).check(store);
  }

  private static ModelCheckingOptions options(int scenarios, int interleavings) {
    return new ModelCheckingOptions()
        .iterations(scenarios)
        .invocationsPerIteration(interleavings)
        .threads(2)
        .actorsBefore(1)
        .actorsPerThread(3)
        .actorsAfter(2)
        .checkObstructionFreedom(!IS_LONG)
        .addGuarantee(forClasses(Interleavings::isOneStep).allMethods().treatAsAtomic())
        .logLevel(LoggingLevel.OFF);
  }

  /**
   * Calls that are written out, each as the name of an operation and its argument if it has one,
   * such as {@code allow 0}.
   *
   * @param before made one after the other, before the others begin
   * @param one made by one thread
   * @param other made by another thread
   * @param after made one after the other, when both are done
   */
  public record Scenario(
      List<String> before, List<String> one, List<String> other, List<String> after) {
    private ExecutionScenario of(Class<?> store) {
      return new ExecutionScenario(
          calls(store, before),
          List.of(calls(store, one), calls(store, other)),
          calls(store, after),
          /* validationFunction= */ null);
    }

    private static List<Actor> calls(Class<?> store, List<String> texts) {
      return texts.stream().map(text -> call(store, text.split(" ", 2))).toList();
    }

    private static Actor call(Class<?> store, String[] words) {
      Method operation =
          Arrays.stream(store.getMethods())
              .filter(method -> method.getName().equals(words[0]))
              .findFirst()
              .orElseThrow();
      List<Integer> arguments = Arrays.stream(words).skip(1).map(Integer::valueOf).toList();
      return new Actor(operation, arguments);
    }
  }

  /** A call of a store that may be refused. */
  public interface Refusable {
    /** Makes the call. */
    Object run() throws RefusedException;
  }

  /** Makes {@code call} and returns whether it was not refused; why is not compared. */
  public static boolean isDone(Refusable call) {
    try {
      var unused = call.run();
      return true;
    } catch (RefusedException e) {
      return false;
    }
  }

  /**
   * What never changes, or whose state no two calls share, or state of the audit log alone; and the
   * random source, whose generator would be replaced by one that repeats itself, which it refuses.
   */
  private static boolean isOneStep(String type) {
    return type.startsWith("dev.tenon.core.")
        || type.startsWith("java.util.ImmutableCollections")
        || type.startsWith("java.util.ArrayList")
        || type.startsWith("java.util.Optional")
        || type.startsWith("java.time.")
        || type.startsWith("com.github.benmanes.caffeine.")
        || type.equals(Digest.class.getName())
        || type.equals(RandomSource.class.getName())
        || (!IS_LONG && type.startsWith("java.util."));
  }
}
