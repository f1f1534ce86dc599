package dev.tenon.examples.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.examples.rogue.v1.Outcome;
import dev.tenon.host.PluginHost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Two hostile runs that share a stolen token, against the example's own host, plugins and policy.
 */
final class RogueTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final String UNKNOWN = "examples.nothing.v1.Nothing";
  private static final String STORE = "examples.store.v1.Store";

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
    return HostConfig.read(place.config()).host(List.of()).startLimits(LIMIT, LIMIT).start();
  }

  private static void assertGetsNothing(PluginHost host, Place place) throws Exception {
    Refusals refusals = Refusals.from(place.audit());

    Rogue rogue = Rogue.unleash(host);

    assertThat(rogue.outcomes()).hasSize(2);
    assertThat(rogue.successes()).isZero();
    rogue.outcomes().values().forEach(RogueTest::assertRefused);
    List<Refusals.Refused> refused = refusals.read();
    long attempts = rogue.outcomes().values().stream().mapToLong(List::size).sum();
    assertThat(refused).hasSize((int) (attempts - rogue.pastTheHost()));
    assertThat(refused).extracting(Refusals.Refused::reason).doesNotContain("-", "", "malformed");
    assertThat(refused).extracting(Refusals.Refused::reason).contains("foreign", "no rule");
    assertThat(host.plugins()).allMatch(plugin -> plugin.state().label().equals("healthy"));
    assertThat(tokenFiles(place.state())).isEmpty();
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
