package dev.tenon.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SelectionTest {
  private static final PluginName A = new PluginName("a");
  private static final PluginName B = new PluginName("b");

  @ParameterizedTest
  @EnumSource
  void parse_labelOfEach_isIt(Selection.Plain plain) {
    assertThat(Selection.parse(plain.label())).isEqualTo(plain);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "First", "round_robin", "weighted"})
  void parse_otherText_refused(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Selection.parse(text))
        .withMessageEndingWith(
            "(expected: first, round-robin, random, least-loaded, sticky, or a table of weights)");
  }

  @Test
  void weighted_ofMapThatChangesLater_doesNotChange() {
    Map<PluginName, Integer> weights = new HashMap<>(Map.of(A, 3));
    Selection.Weighted weighted = new Selection.Weighted(weights);
    weights.put(B, 1);

    assertThat(weighted.weight(A)).isEqualTo(3);
    assertThat(weighted.weight(B)).isZero();
    assertThat(weighted.plugins()).containsExactly(A);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 1_000_001, Integer.MAX_VALUE})
  void weighted_weightOutOfRange_refused(int weight) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Selection.Weighted(Map.of(A, weight, B, 1)))
        .withMessage("weight of a: " + weight + " (expected: 0 to 1000000)");
  }

  @Test
  void weighted_noneAboveZero_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Selection.Weighted(Map.of()))
        .withMessage("weights: {} (expected: at least one above 0)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Selection.Weighted(Map.of(A, 0)))
        .withMessage("weights: {a=0} (expected: at least one above 0)");
  }

  @Test
  void weighted_tooManyPlugins_refused() {
    Map<PluginName, Integer> weights = new HashMap<>();
    for (int i = 0; i <= 1000; i++) {
      weights.put(new PluginName("p" + i), 1);
    }

    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Selection.Weighted(weights))
        .withMessage("weights: 1001 plugins (expected: at most 1000)");
  }
}
