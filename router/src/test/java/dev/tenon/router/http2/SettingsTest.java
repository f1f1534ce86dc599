package dev.tenon.router.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.router.http2.Settings.From;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
  private static Settings read(From from, int... idsAndValues) throws Http2Fault {
    Settings settings = new Settings(from);
    byte[] frame = new Frames().settings(idsAndValues).bytes();
    settings.read(ByteBuffer.wrap(frame, FrameType.HEADER_BYTES, frame.length - 9));
    return settings;
  }

  @Test
  void settings_atFirst_areTheDefaults() {
    Settings settings = new Settings(From.CLIENT);

    assertThat(settings.tableBytes()).isEqualTo(4_096);
    assertThat(settings.maxStreams()).isEqualTo(Integer.MAX_VALUE);
    assertThat(settings.initialWindow()).isEqualTo(65_535);
  }

  /** The last of one frame counts, and what is unknown does not. */
  @Test
  void read_severalAtOnce_takesTheLast() throws Exception {
    Settings settings = read(From.CLIENT, 1, 5, 3, 6, 4, 7, 0x99, 1, 4, 8, 5, 16_384, 2, 1);

    assertThat(settings.tableBytes()).isEqualTo(5);
    assertThat(settings.maxStreams()).isEqualTo(6);
    assertThat(settings.initialWindow()).isEqualTo(8);
  }

  @Test
  void read_valuesAbove31Bits_limitNothing() throws Exception {
    Settings settings = read(From.SERVER, 1, -1, 3, Integer.MIN_VALUE, 6, -1);

    assertThat(settings.tableBytes()).isEqualTo(Integer.MAX_VALUE);
    assertThat(settings.maxStreams()).isEqualTo(Integer.MAX_VALUE);
  }

  @ParameterizedTest
  @CsvSource({
    "CLIENT, 2, 2, PROTOCOL_ERROR",
    "CLIENT, 2, -1, PROTOCOL_ERROR",
    "SERVER, 2, 1, PROTOCOL_ERROR",
    "CLIENT, 4, -1, FLOW_CONTROL_ERROR",
    "CLIENT, 4, -2147483648, FLOW_CONTROL_ERROR",
    "CLIENT, 5, 16383, PROTOCOL_ERROR",
    "CLIENT, 5, 16777216, PROTOCOL_ERROR",
    "CLIENT, 5, -1, PROTOCOL_ERROR",
  })
  void read_whatASettingCannotBe_endsTheConnection(From from, int id, int value, ErrorCode code) {
    assertThatThrownBy(() -> read(from, id, value))
        .isInstanceOfSatisfying(
            Http2Fault.class,
            fault -> {
              assertThat(fault.code()).isEqualTo(code);
              assertThat(fault.stream()).isZero();
            });
  }

  @ParameterizedTest
  @CsvSource({
    "CLIENT, 2, 1",
    "CLIENT, 2, 0",
    "SERVER, 2, 0",
    "CLIENT, 4, 2147483647",
    "CLIENT, 5, 16777215"
  })
  void read_whatASettingCanBe_isTaken(From from, int id, int value) throws Exception {
    assertThat(read(from, id, value)).isNotNull();
  }
}
