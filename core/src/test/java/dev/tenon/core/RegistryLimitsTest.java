package dev.tenon.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Limits can be raised up to a maximum, and not turned off. */
class RegistryLimitsTest {
  private static final int[] GREATEST = {1000, 1000, 20_000, 1000, 1000};

  private static RegistryLimits of(int... limits) {
    return new RegistryLimits(limits[0], limits[1], limits[2], limits[3], limits[4]);
  }

  @Test
  void limits_greatestAndSmallest_kept() {
    assertThat(of(GREATEST).registrationsInTotal()).isEqualTo(20_000);
    assertThat(of(1, 1, 1, 1, 1).watchesPerRun()).isEqualTo(1);
  }

  /** Neither nothing nor more than the maximum. Row: VA-12. */
  @ParameterizedTest
  @CsvSource({
    "0, registrationsPerRun",
    "1, registrationsPerService",
    "2, registrationsInTotal",
    "3, watchesPerRun",
    "4, watchesPerService"
  })
  void limits_zeroOrAboveMaximum_refused(int place, String name) {
    for (int wrong : new int[] {-1, 0, GREATEST[place] + 1, Integer.MAX_VALUE}) {
      int[] limits = Arrays.copyOf(GREATEST, GREATEST.length);
      limits[place] = wrong;

      assertThatIllegalArgumentException()
          .isThrownBy(() -> of(limits))
          .withMessage(name + ": " + wrong + " (expected: 1 to " + GREATEST[place] + ")");
    }
  }
}
