package dev.tenon.examples.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What operators are told about a policy. */
final class PolicyCommandTest {
  private static final String POLICY =
      """
      [[provide]]
      plugin = "store"
      services = ["acme.Store"]

      [[rule]]
      id = "words-stores"
      description = "results are kept"
      effect = "allow"
      caller = "words"
      service = "acme.Store"
      direct = true

      [[rule]]
      id = "nobody-drops"
      effect = "deny"
      caller = "*"
      service = "acme.*"
      method = "Drop*"
      audit = "call"

      [[rule]]
      id = "words-reads"
      effect = "allow"
      caller = "words"
      service = "acme.Files"
      max_deadline = "PT10S"
      """;

  private String config = "";

  @BeforeEach
  void write(@TempDir Path folder) throws IOException {
    Files.createDirectory(folder.resolve("plugins"));
    Files.writeString(folder.resolve("policy.toml"), POLICY);
    config =
        Files.writeString(
                folder.resolve("tenon.toml"), "plugins = 'plugins'\npolicy = 'policy.toml'\n")
            .toString();
  }

  @Test
  void explain_allowed_namesTheRule() {
    Ran ran = Ran.with("explain", "--config", config, "words", "acme.Store", "Put");

    assertThat(ran.status()).isZero();
    assertThat(ran.out())
        .startsWith("words -> /acme.Store/Put: allowed: rule words-stores\n\nRULE ")
        .containsPattern("first +direct +- +results are kept")
        .doesNotContain("nobody-drops");
  }

  @Test
  void explain_denied_namesTheRuleAndAllThatMatch() {
    Ran ran = Ran.with("explain", "--config", config, "words", "acme.Store", "DropAll");

    assertThat(ran.status()).isZero();
    assertThat(ran.out())
        .startsWith("words -> /acme.Store/DropAll: denied: deny rule nobody-drops\n")
        .contains("words-stores");
  }

  @Test
  void explain_noRule_saysSo() {
    assertThat(Ran.with("explain", "--config", config, "store", "acme.Store", "Put").out())
        .isEqualTo("store -> /acme.Store/Put: denied: no rule\n");
  }

  @Test
  void explain_malformedService_isWrongUsage() {
    Ran ran = Ran.with("explain", "--config", config, "words", "acme..Store", "Put");

    assertThat(ran.status()).isEqualTo(2);
    assertThat(ran.out()).isEmpty();
  }

  /** The rules as they are in the file, with their descriptions. Row: PL-6. */
  @Test
  void list_printsEachRule() {
    Ran ran = Ran.with("policy", "list", "--config", config);

    assertThat(ran.status()).isZero();
    assertThat(ran.out().lines())
        .hasSize(4)
        .anyMatch(
            line ->
                line.matches(
                    "words-stores +allow +words +acme.Store +\\* +first +direct +- +results.*"))
        .anyMatch(
            line -> line.matches("nobody-drops +deny +\\* +acme.\\* +Drop\\* +call +routed +-"))
        .anyMatch(line -> line.matches("words-reads +allow +words +acme.Files.* +routed +PT10S"));
  }

  @Test
  void network_printsObjects() {
    Ran ran =
        Ran.with(
            "policy",
            "network",
            "--config",
            config,
            "--host-ports",
            "1,2,3",
            "--plugin-port",
            "4",
            "--plugin",
            "extra");

    assertThat(ran.status()).isZero();
    assertThat(ran.out())
        .contains(
            "name: tenon-plugin-extra\n",
            "name: tenon-plugin-store\n",
            "# Callers: words.\n",
            "port: 1\n",
            "port: 4\n");
    assertThat(Ran.with("policy", "network", "--config", config, "--plugin-port", "0").status())
        .isEqualTo(2);
  }
}
