package dev.tenon.testing.house;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each rule of this house sees the class that breaks it, and that one alone. */
class HouseRulesBiteTest {
  private static final String FIXTURES = "dev.tenon.testing.house.fixture";

  private static final JavaClasses ALL = new ClassFileImporter().importPackages(FIXTURES);

  private static Stream<Arguments> brokenRules() {
    return Stream.of(
        arguments(HouseRules.NO_NETTY_IN_SIGNATURES, "ShowsNetty"),
        arguments(HouseRules.NO_EMPTY_NAMES, "SocketHelper"),
        arguments(HouseRules.NULL_MARKED, "unmarked.Unmarked"),
        arguments(HouseRules.ONE_LOGGER, "LogsElsewhere"),
        arguments(HouseRules.NO_PREDICTABLE_RANDOM, "RollsDice"),
        arguments(HouseRules.NO_OBJECT_STREAMS, "ReadsObjects"),
        arguments(HouseRules.NO_GRPC_INTERNALS, "LooksInsideGrpc"),
        arguments(HouseRules.arrows(FIXTURES + "..", Set.of("core")), "ReachesAcross"),
        arguments(HouseRules.without(FIXTURES + "..", "io.grpc"), "MapsStatus"),
        arguments(HouseRules.onlyIn("dev.tenon.auth..", "io.grpc"), "MapsStatus"));
  }

  @ParameterizedTest
  @MethodSource("brokenRules")
  void check_fixtures_failsForTheOneThatBreaksTheRule(ArchRule rule, String culprit) {
    List<String> violations = rule.evaluate(ALL).getFailureReport().getDetails();

    assertThat(violations)
        .isNotEmpty()
        .allSatisfy(violation -> assertThat(violation).contains(FIXTURES + "." + culprit));
  }

  @Test
  void check_twoWaysToEndTheJvm_failsForBoth() {
    List<String> violations =
        HouseRules.NOBODY_ENDS_THE_JVM.evaluate(ALL).getFailureReport().getDetails();

    assertThat(violations)
        .hasSize(2)
        .anyMatch(violation -> violation.contains("EndsTheJvm"))
        .anyMatch(violation -> violation.contains("HaltsTheJvm"));
  }

  /** By name, also a nested one; by package; by annotation. */
  @Test
  void check_threeWaysToBeInternal_failsForEach() {
    List<String> violations =
        HouseRules.NO_GRPC_INTERNALS.evaluate(ALL).getFailureReport().getDetails();

    assertThat(violations)
        .anyMatch(violation -> violation.contains("InternalProtocolNegotiator$ProtocolNegotiator"))
        .anyMatch(violation -> violation.contains("GrpcUtil"))
        .anyMatch(violation -> violation.contains("ProtocolNegotiationEvent"));
  }

  @Test
  void check_packagesInACircle_fails() {
    assertThat(HouseRules.noCycles(FIXTURES + ".cycle.(*)").evaluate(ALL).hasViolation()).isTrue();
  }

  @Test
  void check_ruleThatNothingBreaks_passes() {
    ArchRule rule = HouseRules.arrows(FIXTURES + "..", Set.of("core", "transport"));

    assertThatCode(() -> rule.check(ALL)).doesNotThrowAnyException();
  }
}
