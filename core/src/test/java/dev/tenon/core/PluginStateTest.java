package dev.tenon.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PluginStateTest {
  private static final List<PluginState> ALL =
      List.of(
          new PluginState.Configured(),
          new PluginState.Starting(),
          new PluginState.Healthy(),
          new PluginState.Degraded(new Reason("slow")),
          new PluginState.Unhealthy(new Reason("no disk")),
          new PluginState.Draining(),
          new PluginState.Stopped(),
          new PluginState.Restarting(1, "ended with status 1"),
          new PluginState.Failed("ended with status 1"));

  private static final String RUNNING = "healthy degraded unhealthy draining restarting";

  /** What may follow, by label. */
  private static final Map<String, String> NEXT =
      Map.of(
          "configured", "starting stopped failed",
          "starting", RUNNING + " stopped failed",
          "healthy", RUNNING + " stopped failed",
          "degraded", RUNNING + " stopped failed",
          "unhealthy", RUNNING + " stopped failed",
          "draining", "stopped failed",
          "stopped", "",
          "restarting", "starting restarting stopped failed",
          "failed", "starting stopped");

  /** Every pair of states is either a way or none. Row: LC-5, TE-7. */
  @Test
  void leadsTo_anyPair_isAsListed() {
    assertThat(ALL).hasSize(PluginState.class.getPermittedSubclasses().length);
    for (PluginState from : ALL) {
      List<String> next =
          ALL.stream().filter(from::leadsTo).map(PluginState::label).sorted().toList();
      assertThat(next)
          .as("after %s", from.label())
          .containsExactlyInAnyOrderElementsOf(
              Arrays.stream(NEXT.getOrDefault(from.label(), "").split(" "))
                  .filter(s -> !s.isEmpty())
                  .toList());
    }
  }

  @Test
  void restarting_noAttempt_isRefused() {
    assertThatThrownBy(() -> new PluginState.Restarting(0, "why"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("attempt: 0 (expected: > 0)");
  }
}
