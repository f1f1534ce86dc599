package dev.tenon.router.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.router.http2.HeaderField;
import dev.tenon.router.http2.HeaderField.Indexing;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;

class TimeoutsTest {
  private static long nanos(String value) {
    return Timeouts.nanos(HeaderField.of("grpc-timeout", value, Indexing.PLAIN));
  }

  @Example
  void nanos_ofEachUnit_areRight() {
    assertThat(nanos("1n")).isEqualTo(1);
    assertThat(nanos("2u")).isEqualTo(2_000);
    assertThat(nanos("3m")).isEqualTo(3_000_000);
    assertThat(nanos("4S")).isEqualTo(4_000_000_000L);
    assertThat(nanos("5M")).isEqualTo(300_000_000_000L);
    assertThat(nanos("6H")).isEqualTo(21_600_000_000_000L);
    assertThat(nanos("00000000n")).isZero();
  }

  @Example
  void nanos_ofAnythingElse_areMalformed() {
    String[] texts = {
      "", "S", "1", "123456789S", "-1S", "+1S", "1 S", "1.5S", "1s", "1h", "1X", "a"
    };
    for (String text : texts) {
      assertThat(nanos(text)).as(text).isEqualTo(Timeouts.MALFORMED);
    }
  }

  /** So long that a deadline would have gone round. */
  @Example
  void nanos_ofTheLongest_isADeadlineToCome() {
    long now = System.nanoTime();

    assertThat(now + nanos("99999999H") - now).isEqualTo(Timeouts.LONGEST_NANOS);
    assertThat(nanos("99999999M")).isEqualTo(Timeouts.LONGEST_NANOS);
    assertThat(nanos("99999999S")).isEqualTo(99_999_999_000_000_000L);
  }

  /** Rounded down, by less than a hundred-thousandth or a unit. */
  @Property(tries = 500)
  void field_ofAnyTime_saysNoMore(@ForAll @LongRange(min = -5) long left) {
    HeaderField field = Timeouts.field(left);

    assertThat(field.indexing()).isEqualTo(Indexing.PLAIN);
    assertThat(field.valueLength()).isBetween(2, 9);
    long said = nanos(field.value());
    long real = Math.min(Math.max(left, 0), Timeouts.LONGEST_NANOS);
    assertThat(said).isBetween(real - real / 100_000, real);
  }
}
