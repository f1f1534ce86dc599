package dev.tenon.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Token;
import dev.tenon.transport.Bootstrap;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What must hold for any bytes where a bootstrap line is expected. */
final class BootstrapLine {
  /** What is enough of a token to be a leak; no message has reason to hold so much. */
  private static final Pattern TOKEN_START = Pattern.compile("tn[erg]_[A-Za-z0-9_-]{5}");

  private BootstrapLine() {}

  /**
   * Parses {@code line}, and checks what must hold whatever comes of it: nothing but an {@link
   * IllegalArgumentException} is thrown and that shows no token; what was parsed is the same after
   * it was written and parsed again, and prints no token.
   *
   * @return the document, or empty if {@code line} was refused
   */
  static Optional<Bootstrap> check(byte[] line) throws ReflectiveOperationException {
    Bootstrap parsed;
    try {
      parsed = Bootstrap.parse(line.clone());
    } catch (IllegalArgumentException refusal) {
      assertShowsNoToken(refusal);
      return Optional.empty();
    }
    assertThat(parsed.toString()).doesNotContainPattern(TOKEN_START);
    byte[] written = parsed.toJsonLine().getBytes(StandardCharsets.UTF_8);
    assertThat(components(Bootstrap.parse(written))).isEqualTo(components(parsed));
    return Optional.of(parsed);
  }

  private static void assertShowsNoToken(Throwable refusal) {
    for (@Nullable Throwable shown = refusal; shown != null; shown = shown.getCause()) {
      assertThat(shown.toString()).doesNotContainPattern(TOKEN_START);
      for (Throwable suppressed : shown.getSuppressed()) {
        assertShowsNoToken(suppressed);
      }
    }
  }

  /** Returns all components; the token, which has no {@code equals}, in its text form. */
  private static List<Object> components(Bootstrap document) throws ReflectiveOperationException {
    List<Object> values = new ArrayList<>();
    for (RecordComponent component : Bootstrap.class.getRecordComponents()) {
      Object value = component.getAccessor().invoke(document);
      values.add(value instanceof Token token ? token.exposeForWire() : value);
    }
    return values;
  }
}
