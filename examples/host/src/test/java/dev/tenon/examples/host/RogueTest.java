package dev.tenon.examples.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.examples.rogue.v1.Outcome;
import dev.tenon.host.HostLimits;
import dev.tenon.host.PluginHost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Two hostile runs that share a stolen token, against the example's own host, plugins and policy.
 */
final class RogueTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  /** Room for all registrations that one run tries, so that each is refused for what it is. */
  private static final Rate OFTEN = new Rate(1_000, 1_000);

  private static final String UNKNOWN = "examples.nothing.v1.Nothing";
  private static final String STORE = "examples.store.v1.Store";
  private static final Set<String> OF_THE_HOST =
      Set.of("dev.tenon.log.v1.Log", "grpc.health.v1.Health", "tenon.v1.Registry");

  /** Nothing succeeds, and what is unknown looks as what is forbidden. */
  @Test
  void rogue_twoRunsThatCollude_getNothing() throws Exception {
    try (Place place = Place.make()) {
      place.configureOnly("rogue", "store");
      try (PluginHost host = start(place)) {
        assertGetsNothing(host, place);
      }
    }
  }

  private static PluginHost start(Place place) throws Exception {
    return HostConfig.read(place.config())
        .host(List.of())
        .startLimits(LIMIT, LIMIT)
        .limits(HostLimits.DEFAULT.with(Limited.REGISTER, OFTEN))
        .start();
  }

  private static void assertGetsNothing(PluginHost host, Place place) throws Exception {
    Refusals refusals = Refusals.from(place.audit());

    Rogue rogue = Rogue.unleash(host);

    assertThat(rogue.outcomes()).hasSize(2);
    assertThat(rogue.successes()).isZero();
    rogue.outcomes().values().forEach(RogueTest::assertRefused);
    assertOnRecord(rogue, refusals.read());
    assertThat(host.plugins()).allMatch(plugin -> plugin.state().label().equals("healthy"));
    assertThat(tokenFiles(place.state())).isEmpty();
  }

  /** Each attempt that reached the host is one line, in the order of the attempts. */
  private static void assertOnRecord(Rogue rogue, List<Refusals.Refused> refused) {
    rogue
        .outcomes()
        .forEach(
            (run, outcomes) ->
                assertThat(refused)
                    .filteredOn(line -> line.caller().equals(run))
                    .containsExactlyElementsOf(linesOf(run, outcomes)));
    assertThat(refused)
        .filteredOn(line -> !rogue.outcomes().containsKey(line.caller()))
        .as("enrolling as another, which proves nobody's name")
        .hasSize(2)
        .allMatch(line -> line.action().equals("enrol") && line.reason().equals("unknown"));
  }

  private static List<Refusals.Refused> linesOf(String run, List<Outcome> outcomes) {
    return outcomes.stream()
        .filter(outcome -> !Set.of("connect", "enrol").contains(outcome.getAction()))
        .map(outcome -> lineOf(run, outcome))
        .toList();
  }

  private static Refusals.Refused lineOf(String run, Outcome outcome) {
    String resource = outcome.getResource();
    return switch (outcome.getDisguise()) {
      case "a forged token" -> new Refusals.Refused(run, "verify", "-", "unknown");
      case "the other run's token" -> new Refusals.Refused(run, "verify", "-", "foreign");
      case "no token" -> new Refusals.Refused(run, "verify", "-", "missing");
      default ->
          switch (outcome.getAction()) {
            case "call" -> new Refusals.Refused(run, "refuse", "/" + resource, "no rule");
            case "discover" -> new Refusals.Refused(run, "discover", resource, "no rule");
            case "register" ->
                new Refusals.Refused(
                    run,
                    "register",
                    resource,
                    OF_THE_HOST.contains(resource)
                        ? "a service of the host"
                        : "no [[provide]] entry");
            default -> throw new AssertionError("an attempt of no known kind: " + outcome);
          };
    };
  }

  private static void assertRefused(List<Outcome> outcomes) {
    assertThat(outcomes).extracting(Outcome::getDisguise).contains("the other run's token");
    assertThat(outcomes).extracting(Outcome::getAction).contains("register", "call", "discover");
    assertThat(outcomes).noneMatch(outcome -> outcome.getCode().equals("OK"));
    for (String action : List.of("call", "register", "discover")) {
      assertThat(answers(outcomes, action, UNKNOWN))
          .as(action)
          .hasSize(1)
          .isEqualTo(answers(outcomes, action, STORE));
    }
    assertThat(outcomes)
        .filteredOn(outcome -> outcome.getDisguise().endsWith(" token"))
        .filteredOn(outcome -> !outcome.getAction().equals("enrol"))
        .extracting(Outcome::getCode)
        .containsOnly("UNAUTHENTICATED");
    assertThat(outcomes)
        .filteredOn(outcome -> outcome.getAction().equals("connect"))
        .hasSize(2)
        .extracting(Outcome::getCode)
        .containsOnly("UNAVAILABLE");
  }

  /** Returns each different answer that {@code service} brought under no disguise. */
  private static List<Map.Entry<String, String>> answers(
      List<Outcome> outcomes, String action, String service) {
    return outcomes.stream()
        .filter(outcome -> outcome.getAction().equals(action) && outcome.getDisguise().isEmpty())
        .filter(outcome -> outcome.getResource().startsWith(service))
        .map(outcome -> Map.entry(outcome.getCode(), outcome.getText().replace(service, "SERVICE")))
        .distinct()
        .toList();
  }

  private static List<Path> tokenFiles(Path state) throws Exception {
    try (Stream<Path> files = Files.walk(state)) {
      return files.filter(file -> file.toString().endsWith(".token")).toList();
    }
  }
}
