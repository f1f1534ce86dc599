package dev.tenon.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.config.ConfigTable;
import dev.tenon.core.PluginName;
import java.util.HashSet;
import java.util.Set;

/** What must hold for any text where a configuration file is expected. */
final class ConfigTableText {
  private static final Set<String> KEYS =
      Set.of("name", "path", "count", "on", "list", "env", "listen", "item");

  private ConfigTableText() {}

  /**
   * Reads {@code bytes} with every kind of value: a key that nobody read is refused, and every
   * problem is one printable line that shows no token.
   *
   * @return whether it was accepted
   */
  static boolean check(byte[] bytes) {
    String text = new String(bytes, UTF_8);
    Set<String> keys;
    try {
      ConfigTable toml = ConfigTable.parse("file", text);
      keys = new HashSet<>(toml.keys());
      read(toml);
      toml.finish();
    } catch (ConfigException refusal) {
      assertThat(refusal.problems()).isNotEmpty();
      for (String problem : refusal.problems()) {
        assertThat(problem).matches("file[ -~]*");
        Refusal.assertShowsNoToken(problem);
      }
      return false;
    }
    assertThat(keys).isSubsetOf(KEYS);
    return true;
  }

  private static void read(ConfigTable toml) {
    var name = toml.requiredParsed("name", PluginName::new, new PluginName("none"));
    assertThat(name).isNotNull();
    toml.string("path").ifPresent(path -> assertThat(path).isNotNull());
    toml.integer("count").ifPresent(count -> assertThat(count).isNotNull());
    toml.bool("on").ifPresent(on -> assertThat(on).isNotNull());
    assertThat(toml.strings("list")).doesNotContainNull();
    assertThat(toml.stringTable("env")).doesNotContainKey("");
    toml.table("listen").ifPresent(ConfigTableText::readInner);
    toml.tables("item").forEach(ConfigTableText::readInner);
  }

  private static void readInner(ConfigTable table) {
    assertThat(table.requiredString("path")).isNotNull();
  }
}
