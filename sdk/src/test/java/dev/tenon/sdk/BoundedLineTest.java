package dev.tenon.sdk;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;

final class BoundedLineTest {
  @Test
  void next_lines_withoutLineFeed() throws IOException {
    BoundedLine lines = of("one\n\ntwo\r\n");

    assertThat(lines.next()).hasValue("one".getBytes(UTF_8));
    assertThat(lines.next()).hasValue(new byte[0]);
    assertThat(lines.next()).hasValue("two\r".getBytes(UTF_8));
    assertThat(lines.next()).isEmpty();
  }

  @Test
  void next_endWithoutLineFeed_isNoLine() throws IOException {
    assertThat(of("half").next()).isEmpty();
  }

  @Test
  void next_exactlyAtLimit_line() throws IOException {
    assertThat(of("12345678\n").next()).hasValue("12345678".getBytes(UTF_8));
  }

  @Test
  void next_overLimit_refusedAndSkipped() throws IOException {
    BoundedLine lines = of("123456789 and more\nnext\n");

    assertThatThrownBy(lines::next)
        .isInstanceOf(BoundedLine.LineTooLongException.class)
        .hasMessageContaining("at most 8 bytes");
    assertThat(lines.skip()).isTrue();
    assertThat(lines.next()).hasValue("next".getBytes(UTF_8));
    assertThat(lines.skip()).isFalse();
  }

  private static BoundedLine of(String text) {
    return new BoundedLine(new ByteArrayInputStream(text.getBytes(UTF_8)), 8);
  }
}
