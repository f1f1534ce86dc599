package dev.tenon.bench.endtoend;

import static java.util.Objects.requireNonNull;

import com.google.gson.Gson;
import com.google.gson.JsonSyntaxException;
import com.google.gson.annotations.SerializedName;
import org.jspecify.annotations.Nullable;

/**
 * What the load generator saw.
 *
 * @param calls how many calls had the right answer
 * @param messages how many messages those answers had
 * @param bytes how many bytes those messages had
 * @param failed how many had another answer
 * @param unanswered how many had none when there was no answer at all for 10 s
 * @param seconds how long it took, to the last answer
 * @param p50Micros what half of the latencies did not exceed
 * @param p99Micros what 99 % of them did not exceed
 * @param firstFailure what was wrong with the first wrong answer; empty without one
 */
record Outcome(
    long calls,
    long messages,
    long bytes,
    long failed,
    long unanswered,
    double seconds,
    double p50Micros,
    double p99Micros,
    String firstFailure) {
  Outcome {
    requireNonNull(firstFailure, "firstFailure");
    if (calls < 0 || failed < 0 || unanswered < 0 || !(seconds >= 0)) {
      throw new IllegalArgumentException(
          "outcome: %d calls, %d failed, %d unanswered, %f s (expected: none below 0)"
              .formatted(calls, failed, unanswered, seconds));
    }
  }

  /**
   * Returns the outcome that the load generator printed.
   *
   * @throws IllegalArgumentException if {@code json} is no such line
   */
  static Outcome parse(String json) {
    Line line;
    try {
      line = new Gson().fromJson(json, Line.class);
    } catch (JsonSyntaxException e) {
      throw new IllegalArgumentException("outcome: " + json + " (expected: a line of JSON)", e);
    }
    if (line == null || line.firstFailure == null) {
      throw new IllegalArgumentException("outcome: " + json + " (expected: all of its fields)");
    }
    return new Outcome(
        line.calls,
        line.messages,
        line.bytes,
        line.failed,
        line.unanswered,
        line.seconds,
        line.p50Micros,
        line.p99Micros,
        line.firstFailure);
  }

  /** Returns whether every call that began had the right answer, and there were some. */
  boolean isClean() {
    return calls > 0 && failed == 0 && unanswered == 0;
  }

  /** The line as it is printed. */
  private record Line(
      long calls,
      long messages,
      long bytes,
      long failed,
      long unanswered,
      double seconds,
      @SerializedName("p50_us") double p50Micros,
      @SerializedName("p99_us") double p99Micros,
      @SerializedName("first_failure") @Nullable String firstFailure) {}
}
