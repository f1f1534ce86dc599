package dev.tenon.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an operator may set of breakers, ejection and retries. */
class CallPoliciesTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration OVER = Duration.ofHours(1).plusNanos(1);

  private static void refused(ThrowingCallable made, String message) {
    assertThatIllegalArgumentException().isThrownBy(made).withMessage(message);
  }

  /** Row: CI-2. */
  @Test
  void breaker_default_fiveFailuresTenSecondsTwoProbes() {
    assertThat(BreakerPolicy.DEFAULT).isEqualTo(new BreakerPolicy(5, Duration.ofSeconds(10), 2));
  }

  @Test
  void breaker_outOfRange_refused() {
    refused(() -> new BreakerPolicy(-1, SECOND, 1), "failures: -1 (expected: 0 to 1000)");
    refused(() -> new BreakerPolicy(1001, SECOND, 1), "failures: 1001 (expected: 0 to 1000)");
    refused(
        () -> new BreakerPolicy(1, Duration.ZERO, 1), "open: PT0S (expected: > 0, at most PT1H)");
    refused(
        () -> new BreakerPolicy(1, SECOND.negated(), 1),
        "open: PT-1S (expected: > 0, at most PT1H)");
    refused(
        () -> new BreakerPolicy(1, OVER, 1),
        "open: PT1H0.000000001S (expected: > 0, at most PT1H)");
    refused(() -> new BreakerPolicy(1, SECOND, 0), "successes: 0 (expected: 1 to 1000)");
    refused(() -> new BreakerPolicy(1, SECOND, 1001), "successes: 1001 (expected: 1 to 1000)");
  }

  @Test
  void ejection_outOfRange_refused() {
    refused(
        () -> new EjectionPolicy(-1, 50, 20, SECOND, SECOND, SECOND),
        "consecutive: -1 (expected: 0 to 1000000)");
    refused(
        () -> new EjectionPolicy(5, 101, 20, SECOND, SECOND, SECOND),
        "percent: 101 (expected: 0 to 100)");
    refused(
        () -> new EjectionPolicy(5, 50, 0, SECOND, SECOND, SECOND),
        "calls: 0 (expected: 1 to 1000000)");
    refused(
        () -> new EjectionPolicy(5, 50, 20, Duration.ZERO, SECOND, SECOND),
        "window: PT0S (expected: > 0, at most PT1H)");
    refused(
        () -> new EjectionPolicy(5, 50, 20, SECOND, SECOND.negated(), SECOND),
        "base: PT-1S (expected: > 0, at most PT1H)");
    refused(
        () -> new EjectionPolicy(5, 50, 20, SECOND, SECOND, OVER),
        "most: PT1H0.000000001S (expected: > 0, at most PT1H)");
    refused(
        () -> new EjectionPolicy(5, 50, 20, SECOND, SECOND.plusNanos(1), SECOND),
        "base: PT1.000000001S (expected: not longer than most, PT1S)");
  }

  /** Row: CI-1. */
  @Test
  void retry_usual_threeAttemptsOfNothing() {
    assertThat(RetryPolicy.DEFAULT)
        .isEqualTo(
            new RetryPolicy(
                Set.of(),
                3,
                Duration.ofMillis(100),
                Duration.ofSeconds(10),
                Duration.ofSeconds(30)));
    assertThat(RetryPolicy.DEFAULT.isIdempotent(CallPath.parse("/acme.v1.Store/Get"))).isFalse();
  }

  @Test
  void retry_isIdempotent_asDeclared() {
    RetryPolicy policy = RetryPolicy.DEFAULT.with("acme.v1.Store/Get").with("acme.v1.Names/*");

    assertThat(policy.isIdempotent(CallPath.parse("/acme.v1.Store/Get"))).isTrue();
    assertThat(policy.isIdempotent(CallPath.parse("/acme.v1.Store/Put"))).isFalse();
    assertThat(policy.isIdempotent(CallPath.parse("/acme.v1.Names/Any"))).isTrue();
    assertThat(policy.isIdempotent(CallPath.parse("/acme.v1.Other/Get"))).isFalse();
    RetryPolicy once =
        new RetryPolicy(policy.idempotent(), 1, policy.first(), policy.most(), policy.total());
    assertThat(once.isIdempotent(CallPath.parse("/acme.v1.Store/Get"))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "Get",
        "acme.v1.Store",
        "/acme.v1.Store/Get",
        "acme.v1.Store/",
        "*/*",
        "acme.v1.*/Get",
        "acme.v1.Store/G*",
        "acme.v1.Store/Get/x"
      })
  void retry_malformedMethod_refused(String method) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RetryPolicy.of(Set.of(method)))
        .withMessageEndingWith("(expected: package.Service/Method or package.Service/*)");
  }

  @Test
  void retry_outOfRange_refused() {
    Set<String> none = Set.of();
    refused(
        () -> new RetryPolicy(none, 0, SECOND, SECOND, SECOND), "attempts: 0 (expected: 1 to 3)");
    refused(
        () -> new RetryPolicy(none, 4, SECOND, SECOND, SECOND), "attempts: 4 (expected: 1 to 3)");
    refused(
        () -> new RetryPolicy(none, 3, Duration.ZERO, SECOND, SECOND),
        "first: PT0S (expected: > 0, at most PT1H)");
    refused(
        () -> new RetryPolicy(none, 3, SECOND.plusNanos(1), SECOND, SECOND),
        "first: PT1.000000001S (expected: not longer than most, PT1S)");
    refused(
        () -> new RetryPolicy(none, 3, SECOND, SECOND, OVER),
        "total: PT1H0.000000001S (expected: > 0, at most PT1H)");
    Set<String> many =
        IntStream.range(0, 1001)
            .mapToObj(number -> "acme.v1.Store/Get" + number)
            .collect(Collectors.toSet());
    refused(() -> RetryPolicy.of(many), "idempotent: 1001 methods (expected: at most 1000)");
  }
}
