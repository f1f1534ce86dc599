package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status.Code;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The key that a caller wants its provider chosen by. Row: RG-14. */
final class StickyKeyTest {
  private static final String UNARY = "testservice.v1.Echo/Unary";
  private static final String LONGEST = "k".repeat(MetadataRules.MAX_KEY_CHARS);

  private final Plane plane = new Plane();

  @AfterEach
  void close() {
    plane.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"k", "a/b:c=d", "~!", "0123456789abcdef-ABCDEF"})
  void call_wellFormedKey_goes(String key) {
    assertThat(Plane.call(plane.channel(Names.CALLER, "tenon-key", key))).isNotNull();
    assertThat(Plane.call(plane.channel(Names.CALLER, "tenon-key", LONGEST))).isNotNull();
  }

  /** Refused before anybody is chosen. Row: RG-14. */
  @ParameterizedTest
  @ValueSource(strings = {"", "a b", " a", "a\tb", "\u0001", "\u007f"})
  void call_malformedKey_isInvalid(String key) {
    assertInvalid("tenon-key malformed", "tenon-key", key);
  }

  @Test
  void call_keyTooLong_isInvalid() {
    assertInvalid("tenon-key malformed", "tenon-key", LONGEST + "k");
  }

  @Test
  void call_keyRepeated_isInvalid() {
    assertInvalid("tenon-key repeated", "tenon-key", "a", "tenon-key", "a");
  }

  /** Whoever may not call learns nothing of its key either. */
  @Test
  void call_malformedKeyWithoutRight_isDenied() {
    var refused = Plane.refusal(plane.channel(Names.STRANGER, "tenon-key", ""), UNARY);

    assertThat(refused.getStatus().getCode()).isEqualTo(Code.PERMISSION_DENIED);
  }

  private void assertInvalid(String reason, String... headers) {
    var refused = Plane.refusal(plane.channel(Names.CALLER, headers), UNARY);

    assertThat(refused.getStatus().getCode()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(refused.getStatus().getDescription())
        .isEqualTo("tenon-key: (expected: exactly one, of 1 to 128 visible ASCII characters)");
    assertThat(plane.audit.reasons()).containsExactly(reason);
    assertThat(plane.words.calls).hasValue(0);
  }
}
