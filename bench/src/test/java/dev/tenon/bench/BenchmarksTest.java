package dev.tenon.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/** The benchmarks still run; how fast is not asked here. */
class BenchmarksTest {
  @Test
  void run_everyBenchmarkOnce_noneFails() throws RunnerException {
    Collection<RunResult> results =
        new Runner(
                new OptionsBuilder()
                    .include("^dev\\.tenon\\.bench\\.")
                    .mode(Mode.SingleShotTime)
                    .forks(0)
                    .warmupIterations(0)
                    .measurementIterations(1)
                    .shouldFailOnError(true)
                    .verbosity(VerboseMode.SILENT)
                    .build())
            .run();

    assertThat(results)
        .extracting(result -> Measurement.of(result).benchmark())
        .containsOnly(
            Stream.of(TokenValidation.class, PolicyDecision.class)
                .flatMap(type -> benchmarksOf(type).stream())
                .toArray(String[]::new));
  }

  private static List<String> benchmarksOf(Class<?> type) {
    return Arrays.stream(type.getMethods())
        .filter(method -> method.isAnnotationPresent(Benchmark.class))
        .map(method -> method.getName())
        .toList();
  }

  @Test
  void validation_ofEachKind_acceptsOnlyTheValidToken() throws Exception {
    TokenValidation validation = new TokenValidation();
    validation.open();
    TokenValidation.Turn turn = new TokenValidation.Turn();

    assertThat(validation.validToken(turn)).isTrue();
    assertThat(validation.wrongTokenOfKnownId(turn)).isFalse();
    assertThat(validation.wrongTokenOfUnknownId(turn)).isFalse();
  }
}
