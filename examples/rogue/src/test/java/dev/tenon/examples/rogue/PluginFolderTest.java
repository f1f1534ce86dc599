package dev.tenon.examples.rogue;

import static org.assertj.core.api.Assertions.assertThat;

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
  private static final Path FOLDER = Path.of("../plugins/rogue");
  private static final Path LAUNCHER = FOLDER.resolve("bin/rogue");

  @Test
  void sha256_ofLauncher_isPinned() throws Exception {
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(LAUNCHER));

    assertThat(value("sha256")).isEqualTo(HexFormat.of().formatHex(digest));
  }

  @Test
  void command_ofFolder_isTheExecutableLauncher() throws Exception {
    assertThat(value("command")).isEqualTo("bin/rogue");
    assertThat(LAUNCHER).isExecutable();
  }

  @Test
  void nameAndVersion_inFolder_areThoseOfThePlugin() throws Exception {
    assertThat(value("name")).isEqualTo("rogue");
    assertThat(value("version")).isEqualTo(RoguePlugin.VERSION);
  }

  @Test
  void launcher_startsTheClassOfThePlugin() throws Exception {
    assertThat(Files.readString(LAUNCHER)).endsWith(" " + RoguePlugin.class.getName() + "\n");
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
