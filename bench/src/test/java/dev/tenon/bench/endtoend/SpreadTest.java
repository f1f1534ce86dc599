package dev.tenon.bench.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class SpreadTest {
  @Test
  void of_oddNumber_hasMedianAndEnds() {
    assertThat(Spread.of(List.of(5.0, 1.0, 3.0, 2.0, 4.0))).isEqualTo(new Spread(1, 3, 5, 2));
  }

  @Test
  void of_evenNumber_interpolates() {
    assertThat(Spread.of(List.of(1.0, 2.0, 3.0, 10.0)).median()).isEqualTo(2.5);
  }

  @Test
  void of_none_isRefused() {
    assertThatThrownBy(() -> Spread.of(List.of())).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void isMeaningful_whereRoundsAgree_forgivesOneThatDoesNot() {
    assertThat(Spread.of(List.of(1.0, 1.1, 1.2, 1.1, 9.0)).isMeaningful()).isTrue();
  }

  @Test
  void isMeaningful_whereRoundsDisagree_isFalse() {
    assertThat(Spread.of(List.of(1.0, 1.0, 1.5, 1.5)).isMeaningful()).isFalse();
  }

  @Test
  void isMeaningful_ofTwoRounds_isFalse() {
    assertThat(Spread.of(List.of(1.0, 1.0)).isMeaningful()).isFalse();
  }

  @Test
  void text_ofAnySize_hasThreeDigitsThatCount() {
    assertThat(Spread.of(List.of(1.234)).text()).isEqualTo("1.23 (1.23–1.23)");
    assertThat(Spread.of(List.of(12.34, 99.94)).text()).isEqualTo("56.1 (12.3–99.9)");
    assertThat(Spread.of(List.of(123_456.0)).text()).isEqualTo("123,456 (123,456–123,456)");
  }
}
