package dev.tenon.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.PluginName;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.TrustDomain;
import java.util.function.Function;

/** What must hold for any text where a name is expected. */
final class NamesText {
  private static final String PLUGIN = "(?!host$)[a-z][a-z0-9-]{0,62}";

  private NamesText() {}

  /**
   * Takes {@code bytes} as each kind of name: accepted is exactly what the kind's grammar has, and
   * it prints as it was written; all else is refused with a harmless message.
   *
   * @return whether some kind accepted it
   */
  static boolean check(byte[] bytes) {
    String text = new String(bytes, UTF_8);
    boolean plugin = check(text, PluginName::new, PLUGIN);
    boolean run =
        check(text, RuntimeId::new, "(?!host-[0-9a-f]{16}$)[a-z][a-z0-9-]{0,62}-[0-9a-f]{16}");
    boolean domain = check(text, TrustDomain::new, "[a-z0-9][a-z0-9._-]{0,62}");
    boolean service =
        check(
            text,
            ServiceName::new,
            "(?=.{1,128}$)[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)*");
    return plugin || run || domain || service;
  }

  private static boolean check(String text, Function<String, Object> kind, String grammar) {
    Object name;
    try {
      name = kind.apply(text);
    } catch (IllegalArgumentException refusal) {
      Refusal.assertOneLine(refusal);
      assertThat(text).doesNotMatch("(?s)" + grammar + "\\z");
      return false;
    }
    assertThat(name).hasToString(text);
    assertThat(text).matches(grammar);
    return true;
  }
}
