package dev.tenon.examples.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.host.launch.PluginDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The samples document every key that the parsers read, and no other. */
final class SampleConfigTest {
  /** A key in a sample, or a table; also one that is commented out. */
  private static final Pattern IN_SAMPLE =
      Pattern.compile("^(?:# )?(?:\\[([a-z0-9_]+)\\]|([a-z0-9_]+) = )", Pattern.MULTILINE);

  /** A key where a parser reads it. */
  private static final Pattern IN_PARSER =
      Pattern.compile(
          "(?:toml|audit|table|tls)\\s*\\.(?:parsed|requiredParsed|table|string|strings|stringTable|integer|bool|tables|requiredString)\\(\"([a-z0-9_]+)\"|listen\\(toml,"
              + " \"([a-z]+)\"");

  /** A key, or the begin of an authority's two keys, where the parser of trust reads it. */
  private static final Pattern IN_TRUST_PARSER =
      Pattern.compile(
          "(?:table\\.parsed|tls\\.strings)\\(\"([a-z_]+)\"|authority\\(table, \"([a-z_]+)\"");

  /**
   * A sample of {@code plugin.toml}, with a command that is an absolute path.
   *
   * <p>Row: CF-5
   */
  @Test
  void pluginToml_ofTokens_hasEveryKeyAndIsRead() throws Exception {
    Path sample = Path.of("../plugins/tokens/plugin.toml");

    Set<String> read =
        keys(IN_PARSER, Path.of("../../host/src/main/java/dev/tenon/host/launch/PluginToml.java"));
    read.addAll(List.of("isolation", "uid", "sandbox", "network", "read_only"));
    read.addAll(List.of("limits", "memory", "processes", "open_files"));

    assertThat(keys(IN_SAMPLE, sample)).isEqualTo(read);
    assertThat(PluginDefinition.load(sample.resolveSibling(".").normalize()).instances())
        .isEqualTo(2);
    assertThat(Files.readString(sample)).contains("# command = [\"/");
  }

  /** Row: CF-5 */
  @Test
  void tenonToml_ofTheExample_hasEveryKeyAndIsRead() throws Exception {
    Path sample = Path.of("tenon.toml");

    Path sources = Path.of("src/main/java/dev/tenon/examples/host");
    Set<String> read = keys(IN_PARSER, sources.resolve("HostConfig.java"));
    read.addAll(keys(IN_TRUST_PARSER, sources.resolve("HostTrustConfig.java")));
    read.addAll(LimitsTable.keys());
    read.addAll(UpkeepConfig.keys());
    read.addAll(RestartTable.keys());
    read.addAll(FailingTables.keys());
    read.addAll(RunTable.keys());
    read.addAll(RegistryTable.keys());
    read.addAll(HostsTable.keys());
    read.addAll(OrchestratorTable.keys());

    assertThat(keys(IN_SAMPLE, sample)).isEqualTo(withFiles(read));
    assertThat(HostConfig.read(sample).folders().policy()).exists();
  }

  /** Returns {@code keys} with, for each authority, the keys of its files. */
  private static Set<String> withFiles(Set<String> keys) {
    Set<String> all = new TreeSet<>();
    for (String key : keys) {
      if (key.endsWith("_ca")) {
        all.add(key + "_certificate");
        all.add(key + "_key");
        all.add(key + "_passphrase");
      } else {
        all.add(key);
      }
    }
    return all;
  }

  private static Set<String> keys(Pattern pattern, Path file) throws IOException {
    Set<String> keys = new TreeSet<>();
    Matcher found = pattern.matcher(Files.readString(file));
    while (found.find()) {
      keys.add(found.group(1) == null ? found.group(2) : found.group(1));
    }
    assertThat(keys).as(file.toString()).hasSizeGreaterThan(3);
    return keys;
  }
}
