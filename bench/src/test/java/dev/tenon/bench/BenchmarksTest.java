package dev.tenon.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** The benchmarks still run; how fast is not asked here. */
class BenchmarksTest {
  @Test
  void run_everyBenchmarkOnce_noneFails() throws RunnerException {
    Collection<RunResult> results =
        new Runner(
                new OptionsBuilder()
                    .include("^dev\\.tenon\\.bench\\.")
                    .mode(Mode.AverageTime)
                    .forks(0)
                    .warmupIterations(0)
                    .measurementIterations(1)
                    .measurementTime(TimeValue.milliseconds(5))
                    .shouldFailOnError(true)
                    .verbosity(VerboseMode.SILENT)
                    .build())
            .run();

    assertThat(results)
        .extracting(result -> Measurement.of(result).benchmark())
        .containsOnly(
            Benchmarks.CHECKS.stream()
                .flatMap(type -> benchmarksOf(type).stream())
                .toArray(String[]::new));
  }

  @Test
  void grantCheck_ofEachKind_acceptsOnlyTheValidGrant() throws Exception {
    GrantCheck check = new GrantCheck();
    check.open();
    Turn turn = new Turn();

    assertThat(check.validGrant(turn)).isTrue();
    assertThat(check.grantWithWrongToken(turn)).isFalse();
    assertThat(check.grantOfUnknownId(turn)).isFalse();
  }

  @Test
  void callChecks_ofBothKinds_allow() throws Exception {
    CallChecks checks = new CallChecks();
    checks.open();
    Turn turn = new Turn();

    assertThat(checks.validTokenAndAllowed(turn)).isTrue();
    assertThat(checks.validTokenAndAllowedByWildcard(turn)).isTrue();
  }

  @Test
  void callSteps_ofACall_takeItToItsProvider() throws Exception {
    CallSteps steps = new CallSteps();
    steps.open();
    Turn turn = new Turn();

    assertThat(steps.allSteps(turn)).isTrue();
    assertThat(steps.allSteps(turn)).isTrue();
    steps.close();
  }

  @Test
  void insideCalls_ofBothKinds_areAnswered() throws Exception {
    InsideCalls calls = new InsideCalls();
    calls.open();

    assertThat(calls.routed(new Turn())).isEqualTo(calls.transport(new Turn()));
    calls.close();
  }

  @Test
  void rateLimiting_ofEachKind_refusesOnlyWhoUsedItUp() {
    RateLimiting limiting = new RateLimiting();

    assertThat(limiting.oneKey(new Turn())).isTrue();
    assertThat(limiting.manyKeys(new Turn())).isTrue();
    assertThat(limiting.refused(new Turn())).isFalse();
  }

  @Test
  void registry_ofEachKind_findsAndIsMeasured() throws Exception {
    RegistryLookUp lookUp = new RegistryLookUp();
    lookUp.open();

    assertThat(lookUp.byService(new Turn()).service()).isEqualTo(RegistryLookUp.service(1));
    assertThat(lookUp.byServiceAndProvider(new Turn()).provider())
        .isEqualTo(RegistryLookUp.provider(1));
    assertThat(new RegistrySize(1, 100).section())
        .containsPattern("\\| heap for 1,000 registrations, KiB \\| [1-9][0-9]{2}\\.");
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
    Turn turn = new Turn();

    assertThat(validation.validToken(turn)).isTrue();
    assertThat(validation.wrongTokenOfKnownId(turn)).isFalse();
    assertThat(validation.wrongTokenOfUnknownId(turn)).isFalse();
  }
}
