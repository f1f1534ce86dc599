package dev.tenon.auth;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Compares how long a check takes for inputs of two classes, and says whether the time tells them
 * apart: Welch's t-test with the threshold 4.5 of the test vector leakage assessment (Goodwill et
 * al., 2011), and a bound on the difference in nanoseconds.
 *
 * <p>Both findings need evidence. A leak is a difference of at least the bound whose t is beyond
 * the threshold; clean is a difference that even with 4.5 standard errors added stays below the
 * bound. Whatever is neither, and at first a leak too, is measured further and judged with all that
 * was measured before: a retry adds to the evidence and discards none, so it can neither turn a
 * leak into a pass nor an outlier into a leak. What is still neither at the end is no pass.
 *
 * <p>Each measurement draws the class of its input, so that whatever else the machine does falls on
 * both alike, and every input is fresh and made in the order of use, since an input may be slower
 * than another by where it lies in memory. Each round crops the slow tail, at one time for both
 * classes, and takes its median from every value, so that a round on a busy machine can be added to
 * one on an idle one.
 *
 * @param <T> an input
 */
public final class Leakage<T> {
  /** The bound on |t|; under equal classes it is passed once in 147,000 times. */
  static final double THRESHOLD = 4.5;

  /** How much of a round is kept; the rest were interrupts, collections and other processes. */
  private static final double KEPT = 0.9;

  /** How many measurements are cropped and centred together, unless told otherwise. */
  public static final int ROUND = 20_000;

  /** Rounds for the compiler at most; their times are thrown away. */
  private static final int MOST_WARM_UPS = 6;

  /** An alarm is measured further than a pass, which dilutes what was passing. */
  private static final long ENOUGH_FOR_ALARM = 200_000;

  /** What was found. */
  public enum Verdict {
    CLEAN,
    LEAK,
    UNDECIDED
  }

  /** A verdict and its numbers: of the measurements kept, and the difference of the two classes. */
  public record Finding(Verdict verdict, long measurements, double differenceNanos, double t) {
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%s: difference %.2f ns, t %.2f, %,d measurements",
          verdict,
          differenceNanos,
          t,
          measurements);
    }
  }

  private final SplittableRandom random = new SplittableRandom();
  private final Consumer<T> check;
  private final Supplier<T> one;
  private final Supplier<T> other;
  private final double boundNanos;
  private final int round;
  private Sums first = new Sums();
  private Sums second = new Sums();

  /** Compares how {@code check} takes inputs of {@code one} and of {@code other}. */
  public Leakage(Consumer<T> check, Supplier<T> one, Supplier<T> other, double boundNanos) {
    this(check, one, other, boundNanos, ROUND);
  }

  /** The same, in rounds of {@code round}, for a check that takes its time. */
  public Leakage(
      Consumer<T> check, Supplier<T> one, Supplier<T> other, double boundNanos, int round) {
    this.check = check;
    this.one = one;
    this.other = other;
    this.boundNanos = boundNanos;
    this.round = round;
  }

  /**
   * Measures at least {@code least} times, and at most {@code most} times to come to a verdict.
   * Takes a thread of its own: the depth of a test's stack would weigh on each refusal.
   */
  public Finding find(long least, long most) throws InterruptedException {
    Finding[] found = new Finding[1];
    Thread thread = new Thread(() -> found[0] = measure(least, most), "tenon-leakage");
    thread.start();
    thread.join();
    return found[0];
  }

  private Finding measure(long least, long most) {
    warmUp();
    Finding finding;
    long measured = 0;
    long enough;
    do {
      round();
      measured += round;
      finding = judge();
      enough =
          switch (finding.verdict()) {
            case CLEAN -> least;
            case LEAK -> ENOUGH_FOR_ALARM;
            case UNDECIDED -> most;
          };
    } while (measured < enough);
    return finding;
  }

  /** Measures until it no longer gets faster. */
  private void warmUp() {
    long before = round();
    long now = round();
    for (int i = 2; i < MOST_WARM_UPS && now < before; i++) {
      before = now;
      now = round();
    }
    first = new Sums();
    second = new Sums();
  }

  /** Returns the round's median. */
  private long round() {
    boolean[] isFirst = new boolean[round];
    List<T> inputs = new ArrayList<>(round);
    for (int i = 0; i < round; i++) {
      isFirst[i] = random.nextBoolean();
      inputs.add((isFirst[i] ? one : other).get());
    }
    long[] nanos = new long[round];
    for (int i = 0; i < round; i++) {
      T input = inputs.get(i);
      long begin = System.nanoTime();
      check.accept(input);
      nanos[i] = System.nanoTime() - begin;
    }
    long[] sorted = nanos.clone();
    Arrays.sort(sorted);
    long median = sorted[round / 2];
    long crop = sorted[(int) (round * KEPT)];
    for (int i = 0; i < round; i++) {
      if (nanos[i] <= crop) {
        (isFirst[i] ? first : second).add((double) (nanos[i] - median));
      }
    }
    return median;
  }

  private Finding judge() {
    double difference = second.mean() - first.mean();
    double error = Math.sqrt(first.meanVariance() + second.meanVariance());
    double t = difference / error;
    Verdict verdict = Verdict.UNDECIDED;
    if (Math.abs(difference) + THRESHOLD * error < boundNanos) {
      verdict = Verdict.CLEAN;
    } else if (Math.abs(t) >= THRESHOLD && Math.abs(difference) >= boundNanos) {
      verdict = Verdict.LEAK;
    }
    return new Finding(verdict, first.count + second.count, difference, t);
  }

  /** Count, mean and variance of what was added (Welford's method). */
  private static final class Sums {
    private long count;
    private double mean;
    private double squares;

    void add(double value) {
      count++;
      double delta = value - mean;
      mean += delta / (double) count;
      squares += delta * (value - mean);
    }

    double mean() {
      return mean;
    }

    double meanVariance() {
      double n = (double) count;
      return squares / (n - 1) / n;
    }
  }
}
