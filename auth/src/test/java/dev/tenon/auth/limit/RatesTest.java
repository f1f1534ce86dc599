package dev.tenon.auth.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RatesTest {
  /**
   * The defaults, as documented.
   *
   * <p>Row: DS-4
   */
  @Test
  void defaults_ofEverything_asDocumented() {
    String table =
        Arrays.stream(Limited.values())
            .map(what -> what.label() + " " + Rates.DEFAULT.of(what))
            .collect(Collectors.joining("\n"));
    assertThat(table)
        .isEqualTo(
            """
            connect 10/s, burst 100
            enrol 10/s, burst 20
            renew 1/s, burst 5
            register 1/s, burst 5
            unregister 1/s, burst 5
            discover 100/s, burst 200
            watch 1/s, burst 3
            report_health 10/s, burst 20
            grant 10/s, burst 20
            admin 10/s, burst 20
            call 1000/s, burst 2000\
            """);
  }

  @Test
  void with_anotherRate_thatOneAlone() {
    Rates rates = Rates.DEFAULT.with(Limited.WATCH, new Rate(0.5, 7));
    assertThat(rates.of(Limited.WATCH)).isEqualTo(new Rate(0.5, 7)).hasToString("0.5/s, burst 7");
    assertThat(rates.of(Limited.CALL)).isEqualTo(Limited.CALL.defaultRate());
    assertThat(Rates.DEFAULT.of(Limited.WATCH)).isEqualTo(Limited.WATCH.defaultRate());
  }

  /**
   * Nothing can be configured away, nor to anything that is as good as unlimited.
   *
   * <p>Row: VA-12
   */
  @ParameterizedTest
  @ValueSource(ints = {0, -1, Rates.MOST + 1, Integer.MAX_VALUE})
  void with_zeroOrAboveTheMost_refused(int value) {
    if (value >= 0) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Rates.DEFAULT.with(Limited.CALL, new Rate(value, 1)))
          .withMessage("rate of call: " + value + " (expected: > 0, at most 1000000)");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Rates.DEFAULT.with(Limited.CALL, new Rate(1, value)))
        .withMessage("burst of call: " + value + " (expected: > 0, at most 1000000)");
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1, Double.NaN, Double.POSITIVE_INFINITY})
  void rate_notANumberOfTimes_refused(double perSecond) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Rate(perSecond, 1))
        .withMessage("perSecond: " + perSecond + " (expected: >= 0, finite)");
  }

  @Test
  void with_theMost_accepted() {
    Rate most = new Rate(Rates.MOST, Rates.MOST);

    assertThat(Rates.DEFAULT.with(Limited.CALL, most).of(Limited.CALL)).isEqualTo(most);
  }

  @Test
  void all_changed_refused() {
    Rates rates = Rates.DEFAULT;

    assertThatThrownBy(() -> rates.all().put(Limited.CALL, new Rate(1, 1)))
        .isInstanceOf(UnsupportedOperationException.class);
  }
}
