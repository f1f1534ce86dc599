package dev.tenon.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.CallPath;

/** What must hold for any text where the path of a call is expected. */
final class CallPathText {
  private CallPathText() {}

  /**
   * Parses {@code bytes}: a path has one form, the one that it was parsed from, so that policy and
   * dispatch cannot differ; all else is refused with a harmless message.
   *
   * @return whether it was accepted
   */
  static boolean check(byte[] bytes) {
    String text = new String(bytes, UTF_8);
    CallPath path;
    try {
      path = CallPath.parse(text);
    } catch (IllegalArgumentException refusal) {
      Refusal.assertOneLine(refusal);
      return false;
    }
    assertThat(path)
        .hasToString(text)
        .isEqualTo(CallPath.ofFullMethodName(text.substring(1)))
        .isEqualTo(new CallPath(path.service(), path.method()));
    assertThat(text).matches("/[A-Za-z0-9_.]+/[A-Za-z0-9_]+").hasSizeLessThanOrEqualTo(256);
    return true;
  }
}
