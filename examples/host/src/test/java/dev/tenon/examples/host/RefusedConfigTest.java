package dev.tenon.examples.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Configurations with which no host starts. */
final class RefusedConfigTest {
  private static final String MINIMAL = "plugins = \"p\"\npolicy = \"policy.toml\"\n";

  /** 129 characters. */
  private static final String LONG_NAME =
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

  @TempDir private Path folder;

  /**
   * No limit can be taken away, nor set so high that it is as good as none.
   *
   * <p>Row: VA-12
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "call = { per_second = 0, burst = 1 }|limits.call: got rate of call: 0 (expected: > 0",
        "call = { per_second = 1000001 }|limits.call: got rate of call: 1000001 (expected: > 0",
        "enrol = { burst = 0 }|limits.enrol: got burst of enrol: 0 (expected: > 0, at most"
            + " 1000000)",
        "watch = { burst = 9999999999 }|limits.watch: got burst of watch: 2147483647 (expected",
        "watch = 3|limits.watch: got 3 (expected: a table)",
        "watch = { per_minute = 3 }|limits.watch.per_minute: got an unknown key",
        "connections = 0|limits.connections: got 0 (expected: 1 to 65536)",
        "handshakes = 65537|limits.handshakes: got 65537 (expected: 1 to 65536)",
        "calls_per_connection = 10001|limits.calls_per_connection: got 10001 (expected: 1 to"
            + " 10000)",
        "calls_per_caller = 0|limits.calls_per_caller: got 0 (expected: 1 to 1000000)",
        "calls_per_provider = 0|limits.calls_per_provider: got 0 (expected: 1 to 1000000)",
        "calls_in_total = 1000001|limits.calls_in_total: got 1000001 (expected: 1 to 1000000)",
        "call_idle = 'PT0.9S'|limits.call_idle: got \"PT0.9S\" (expected: an ISO 8601",
        "call_idle = 'P366D'|limits.call_idle: got \"P366D\" (expected: an ISO 8601",
        "connection_bytes_per_second = 65535|limits.connection_bytes_per_second: got 65535"
            + " (expected: at least 65536)",
        "connection_age = 'PT0S'|limits.connection_age: got \"PT0S\" (expected: an ISO 8601",
        "connection_age = 'P2D'|limits.connection_age: got \"P2D\" (expected: an ISO 8601",
      })
  void run_withLimitOutOfRange_isRefused(String entry, String expected) throws IOException {
    Path file = write(MINIMAL + "[limits]\n" + entry + "\n");

    Ran ran = Ran.with("run", "--config", file.toString());

    assertThat(ran.status()).isEqualTo(3);
    assertThat(ran.err()).startsWith(file + ":4: limits").contains(expected);
  }

  /**
   * Neither can what else a host keeps and follows.
   *
   * <p>Row: VA-12
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "policy_interval = 'PT0S'|policy_interval: got \"PT0S\" (expected: an ISO 8601 duration,"
            + " PT0.1S",
        "required = ['No name']|required: plugin name: \"No name\" (expected: a",
        "plugin_log = 'loud'|plugin_log: got \"loud\" (expected: debug, info, warning, error or"
            + " off)",
        "audit.segment_bytes = 1023|audit.segment_bytes: got 1023 (expected: 1024 to 1073741824)",
        "tokens.clock_tolerance = 'PT6M'|tokens.clock_tolerance: got \"PT6M\" (expected: an ISO",
        "tokens.clock_tolerance = '-PT1S'|tokens.clock_tolerance: got \"-PT1S\" (expected: an ISO",
        "grants.life = 'P2D'|grants.life: got \"P2D\" (expected: an ISO 8601 duration, PT1S to"
            + " PT24H)",
        "grants.per_run = 1001|grants.per_run: got 1001 (expected: 1 to 1000)",
        "grants.in_total = 0|grants.in_total: got 0 (expected: 1 to 1000000)",
        "restart.tries = 101|restart.tries: got 101 (expected: 0 to 100)",
        "restart.first = 'PT0S'|restart.first: got \"PT0S\" (expected: an ISO 8601 duration",
        "restart.first = 'PT1M'|restart.first: got PT1M (expected: not longer than most, PT30S)",
        "breaker.failures = 1001|breaker.failures: got 1001 (expected: 0 to 1000)",
        "breaker.open = 'PT0S'|breaker.open: got \"PT0S\" (expected: an ISO 8601 duration",
        "ejection.percent = 101|ejection.percent: got 101 (expected: 0 to 100)",
        "ejection.base = 'PT6M'|ejection.base: got PT6M (expected: not longer than most, PT5M)",
        "retries.attempts = 4|retries.attempts: got 4 (expected: 1 to 3)",
        "retries.first = 'PT11S'|retries.first: got PT11S (expected: not longer than most, PT10S)",
        "retries.idempotent = ['Get']|retries.idempotent: got idempotent: \"Get\" (expected:"
            + " package.Service/Method or package.Service/*)",
      })
  void run_withUpkeepOutOfRange_isRefused(String entry, String expected) throws IOException {
    Ran ran = Ran.with("run", "--config", write(MINIMAL + entry + "\n").toString());

    assertThat(ran.status()).isEqualTo(3);
    assertThat(ran.err()).contains(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"missing.toml", "."})
  void run_withConfigThatCannotBeRead_returnsThree(String name) {
    Ran ran = Ran.with("run", "--config", folder.resolve(name).toString());

    assertThat(ran.status()).isEqualTo(3);
    assertThat(ran.err()).startsWith(folder.resolve(name) + ": ").contains("(expected: a readable");
    assertThat(ran.err().lines()).hasSize(1);
  }

  /**
   * There is no plaintext, on any address: what does not say {@code unix:} or {@code tcp:}, which
   * are both always mTLS, is refused before anything is started.
   *
   * <p>Row: PK-24
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://127.0.0.1:80",
        "http://0.0.0.0:80",
        "insecure-plaintext:127.0.0.1:7070",
        "0.0.0.0:80",
        "127.0.0.1:80",
        "7070"
      })
  void run_withPlaintextAddress_isRefused(String address) throws IOException {
    Path file = write(MINIMAL + "[data]\nlisten = \"" + address + "\"\n");

    Ran ran = Ran.with("run", "--config", file.toString());

    assertThat(ran.status()).isEqualTo(3);
    assertThat(ran.err())
        .isEqualTo(
            file
                + ":4: data.listen: got \""
                + address
                + "\" (expected: unix:/path or tcp:host:port)\n");
    assertThat(folder).isDirectoryNotContaining("glob:**tenon-state");
  }

  /**
   * Policy and plugins are wrong at once: every file is named, with its line and key.
   *
   * <p>Row: CF-1
   */
  @Test
  void run_withBrokenPolicyAndPlugins_namesAllAtOnce() throws Exception {
    Path file = write("plugins = \"broken\"\npolicy = \"policy.toml\"\n");
    Files.writeString(
        folder.resolve("policy.toml"), "[[rule]]\nid = \"x\"\neffect = \"perhaps\"\n");
    plugin("a", "name = \"Not A Name\"\nversion = \"1\"\ncommand = []\nisolation = \"none\"\n");
    plugin("b", "nome = \"b\"\n");
    plugin("c", "name = \n");
    Files.createDirectories(folder.resolve("broken/d"));

    Ran ran = Ran.with("run", "--config", file.toString());

    assertThat(ran.status()).isEqualTo(3);
    assertThat(ran.err().lines().toList())
        .anyMatch(line -> line.contains("policy.toml:3: rule[0].effect: got \"perhaps\""))
        .anyMatch(line -> line.contains("a/plugin.toml:1: name: got \"Not A Name\""))
        .anyMatch(line -> line.contains("a/plugin.toml:2: version: got \"1\""))
        .anyMatch(line -> line.contains("a/plugin.toml:3: command: "))
        .anyMatch(line -> line.contains("a/plugin.toml:4: isolation: got \"none\""))
        .anyMatch(line -> line.contains("a/plugin.toml:1: sha256: got nothing"))
        .anyMatch(line -> line.contains("b/plugin.toml:1: nome: got an unknown key"))
        .anyMatch(line -> line.contains("c/plugin.toml:1: not TOML"))
        .anyMatch(line -> line.contains("d/plugin.toml: no such file"));
    assertThat(folder).isDirectoryNotContaining("glob:**tenon-state");
  }

  /**
   * Who has no proper name gets no identity: its host does not even start.
   *
   * <p>Row: HS-6
   */
  @ParameterizedTest
  @ValueSource(
      strings = {"", "../x", "Words", "w\\u00f6rds", "a\\u0000b", "host", "a/b", LONG_NAME})
  void run_withPluginNameThatIsNone_isRefused(String name) throws Exception {
    Path file = write("plugins = \"broken\"\npolicy = \"policy.toml\"\n");
    plugin(
        "one",
        """
        name = "%s"
        version = "1.0.0"
        command = ["x"]
        isolation = "shared-uid"
        sha256 = "%s"
        """
            .formatted(name, "0".repeat(64)));

    Ran ran = Ran.with("run", "--config", file.toString());

    assertThat(ran.status()).isEqualTo(3);
    assertThat(ran.err())
        .startsWith(folder + "/broken/one/plugin.toml:1: name: got ")
        .contains("(expected: ")
        .hasLineCount(1);
    assertThat(folder).isDirectoryNotContaining("glob:**tenon-state");
  }

  /** Two folders with one name would hide each other. Row: CF-1 */
  @Test
  void run_withOnePluginNameTwice_isRefused() throws Exception {
    Path file = write("plugins = \"broken\"\npolicy = \"policy.toml\"\n");
    for (String name : List.of("one", "two")) {
      plugin(
          name,
          """
          name = "same"
          version = "1.0.0"
          command = ["x"]
          isolation = "shared-uid"
          sha256 = "%s"
          """
              .formatted("0".repeat(64)));
    }

    Ran ran = Ran.with("run", "--config", file.toString());

    assertThat(ran.status()).isEqualTo(3);
    assertThat(ran.err()).isEqualTo("plugin same: in 2 folders (expected: 1)\n");
  }

  private void plugin(String name, String toml) throws IOException {
    Path plugin = Files.createDirectories(folder.resolve("broken").resolve(name));
    Files.write(plugin.resolve("plugin.toml"), toml.getBytes(UTF_8));
  }

  private Path write(String toml) throws IOException {
    return Files.writeString(folder.resolve("tenon.toml"), toml);
  }
}
