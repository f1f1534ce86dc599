package dev.tenon.bench.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * The comparison still works, with real proxies and a real host; its numbers mean nothing here. All
 * loads in both settings with {@code -Dtenon.bench=true}.
 */
class EndToEndTest {
  private static final Set<Way> RIVALS = EnumSet.of(Way.NGINX, Way.HAPROXY, Way.SPLICE);
  private static final boolean ALL = Boolean.getBoolean("tenon.bench");

  private final List<String> progress = new ArrayList<>();
  private final EndToEnd comparison = new EndToEnd(Path.of("."), Plan.brief(), progress::add);

  @Test
  void measured_overUnixSockets_hasRightAnswersByEveryWay() throws Exception {
    OnThisMachine.assumeComplete();

    assertMeasured(
        Setting.UNIX,
        Setting.UNIX.ways(),
        EnumSet.of(Load.PING_PONG, Load.SERVER_STREAM, Load.LONG_MESSAGES));

    assertThat(progress).last().asString().endsWith(": round 1 of 1");
  }

  /** Plugins are started and reached otherwise there. */
  @Test
  void measured_overTcp_hasRightAnswersByEveryWay() throws Exception {
    OnThisMachine.assumeComplete();

    assertMeasured(
        Setting.TCP,
        EnumSet.of(Way.DIRECT, Way.TENON, Way.NGINX, Way.HAPROXY, Way.SPLICE),
        EnumSet.of(Load.ONE_CONNECTION, Load.CONNECTIONS));
  }

  /** Without TLS at either end, and with a relay that no host has. */
  @Test
  void measured_inPlainText_hasRightAnswersByEveryWay() throws Exception {
    OnThisMachine.assumeComplete();

    assertMeasured(Setting.PLAIN, Setting.PLAIN.ways(), Setting.PLAIN.loads());
  }

  /** The plugin of Tenon's verifies a grant for each call. */
  @Test
  void measured_fromPluginToPlugin_hasRightAnswersByEveryWay() throws Exception {
    OnThisMachine.assumeComplete();

    assertMeasured(
        Setting.PLUGINS, Setting.PLUGINS.ways(), EnumSet.of(Load.PING_PONG, Load.FIXED_RATE));
  }

  private void assertMeasured(Setting setting, Set<Way> some, Set<Load> few) throws Exception {
    Set<Way> ways = ALL ? setting.ways() : some;
    Set<Load> loads = ALL ? setting.loads() : few;
    Samples samples = comparison.measured(setting, ways, loads);

    String section = new Comparison("", 1, samples).section();
    assertThat(samples.all())
        .hasSize(ways.size() * loads.size())
        .allSatisfy(sample -> assertThat(sample.outcome().messages()).isPositive());
    // A proxy of others' that keeps calls to itself is told of on the page, and no fault of ours.
    assertThat(samples.all())
        .filteredOn(sample -> !RIVALS.contains(sample.way()))
        .isNotEmpty()
        .allSatisfy(sample -> assertThat(sample.outcome().isClean()).as(section).isTrue());
    for (Way way : ways) {
      assertThat(section.lines())
          .filteredOn(line -> line.startsWith("| " + way.title() + " | "))
          .filteredOn(line -> RIVALS.contains(way) || !line.startsWith("| " + way.title() + " | –"))
          .hasSizeGreaterThanOrEqualTo(loads.size());
    }
    assertThat(ProcessHandle.current().descendants()).isEmpty();
  }

  @Test
  void measure_inProcess_callsThroughHostAndTransport() throws Exception {
    InProcessCalls.Times times =
        new InProcessCalls(1, Duration.ofMillis(1), Duration.ofMillis(1), progress::add).measure();

    assertThat(times.plugin()).singleElement().satisfies(nanos -> assertThat(nanos).isPositive());
    assertThat(times.blocking()).hasSize(1);
    assertThat(times.ratios()).hasSize(1);
  }

  @Test
  @EnabledIfSystemProperty(named = "tenon.bench", matches = "true")
  void seconds_ofOneColdStart_hasAllAnswers() throws Exception {
    OnThisMachine.assumeComplete();

    assertThat(new ColdStart(Path.of("."), 1, 100, progress::add).seconds())
        .singleElement()
        .satisfies(seconds -> assertThat(seconds).isPositive());
  }
}
