package dev.tenon.router.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.router.http2.HeaderField;
import dev.tenon.router.http2.HeaderField.Indexing;
import io.grpc.Status;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;

class GrpcStatusTest {
  private static Status.Code code(String value) {
    return GrpcStatus.code(HeaderField.of("grpc-status", value, Indexing.PLAIN));
  }

  @Example
  void code_ofEach_isItsNumber() {
    for (Status.Code code : Status.Code.values()) {
      assertThat(GrpcStatus.code(code).value()).isEqualTo(Integer.toString(code.value()));
      assertThat(GrpcStatus.code(GrpcStatus.code(code))).isEqualTo(code);
    }
  }

  /** Attack: R13. */
  @Example
  void code_ofAnythingElse_isUnknown() {
    String[] values = {
      "", "17", "99", "-1", "+1", "00", "01", "1 ", "a", "1a", "100", "4294967296", "20"
    };
    for (String value : values) {
      assertThat(code(value)).as(value).isEqualTo(Status.Code.UNKNOWN);
    }
  }

  @Property(tries = 300)
  void message_ofAnyText_isReadAsItWas(@ForAll @StringLength(max = 300) String text) {
    HeaderField field = GrpcStatus.message(text);
    String plain = GrpcStatus.bounded(text);
    String valid = new String(plain.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);

    assertThat(field == null).isEqualTo(text.isEmpty());
    if (field != null) {
      assertThat(field.value()).matches("[ -~]*");
      assertThat(GrpcStatus.decoded(field.value())).isEqualTo(valid);
    }
  }

  /** Attack: R13. */
  @Property(tries = 300)
  void decoded_ofAnyText_throwsNothing(
      @ForAll @StringLength(max = 50) @CharRange(from = '!', to = '\u00ff') String text) {
    String decoded = GrpcStatus.decoded("%" + text + "%");

    assertThat(GrpcStatus.bounded(decoded)).doesNotContain("\u0000", "\u001b", "\u2028");
  }

  @Example
  void decoded_ofWhatIsBroken_staysAsItIs() {
    assertThat(GrpcStatus.decoded("a%zz%4")).isEqualTo("a%zz%4");
    assertThat(GrpcStatus.decoded("%")).isEqualTo("%");
    assertThat(GrpcStatus.decoded("%e2%82%AC")).isEqualTo("\u20ac");
  }

  /** Attack: R13. */
  @Example
  void bounded_ofALongText_isCutBetweenCharacters() {
    String most = "x".repeat(GrpcStatus.MAX_MESSAGE_CHARS - 1);

    assertThat(GrpcStatus.bounded(most + "yz")).isEqualTo(most + "y");
    assertThat(GrpcStatus.bounded(most + "\ud83d\ude00")).isEqualTo(most);
    assertThat(GrpcStatus.bounded("a\u0000b\u001b[2Jc\u007fd\u2028e\tf\ng"))
        .isEqualTo("a?b?[2Jc?d?e\tf\ng");
  }
}
