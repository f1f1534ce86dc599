package dev.tenon.examples.tokens;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Plugin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The folder that the host starts the plugin from agrees with the plugin. */
final class PluginFolderTest {
  private static final Path FOLDER = Path.of("../plugins/tokens");
  private static final Path LAUNCHER = FOLDER.resolve("bin/tokens");

  @Test
  void sha256_ofLauncher_isPinned() throws Exception {
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(LAUNCHER));

    assertThat(value("sha256")).isEqualTo(HexFormat.of().formatHex(digest));
  }

  @Test
  void command_ofFolder_isTheExecutableLauncher() throws Exception {
    assertThat(value("command")).isEqualTo("bin/tokens");
    assertThat(LAUNCHER).isExecutable();
  }

  @Test
  void nameAndVersion_inFolder_areThoseOfThePlugin() throws Exception {
    Plugin plugin = TokensPlugin.plugin();

    assertThat(value("name")).isEqualTo(plugin.name().toString());
    assertThat(value("version")).isEqualTo(plugin.version().toString());
  }

  @Test
  void launcher_startsTheClassOfThePlugin() throws Exception {
    assertThat(Files.readString(LAUNCHER)).endsWith(" " + TokensPlugin.class.getName() + "\n");
  }

  private static String value(String key) throws IOException {
    return Pattern.compile("^" + key + " = \\[?\"([^\"]+)\"\\]?$", Pattern.MULTILINE)
        .matcher(Files.readString(FOLDER.resolve("plugin.toml")))
        .results()
        .map((MatchResult found) -> found.group(1))
        .findFirst()
        .orElseThrow(() -> new AssertionError(key + ": absent (expected: in plugin.toml)"));
  }
}
