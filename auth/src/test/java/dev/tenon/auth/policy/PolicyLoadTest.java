package dev.tenon.auth.policy;

import static dev.tenon.auth.policy.Callers.path;
import static dev.tenon.auth.policy.Callers.plugin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.core.CallPath;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is made of a policy file: nothing, where it is not there; a refusal, where it is wrong. */
class PolicyLoadTest {
  private static final CallPath GET = path("/acme.kv.v1.KeyValue/Get");
  private static final String RULE =
      "[[rule]]\nid = 'a'\neffect = 'allow'\ncaller = 'words'\nservice = '*'\n";

  /** A policy file that was removed denies everything, and says so. Row: PL-1. */
  @Test
  void load_missingFile_deniesAllWithWarning(@TempDir Path folder) throws Exception {
    Path missing = folder.resolve("policy.toml");
    List<LogRecord> logged = new ArrayList<>();

    Policy policy = loadCapturing(missing, logged);

    assertDeniesAll(policy);
    assertThat(logged)
        .singleElement()
        .satisfies(
            record -> {
              assertThat(record.getLevel()).isEqualTo(java.util.logging.Level.WARNING);
              assertThat(String.valueOf(record.getParameters()[0]))
                  .contains(missing.toString(), "no such file");
            });
  }

  /** A policy that the system does not let us read denies everything, and says so. Row: PL-1. */
  @Test
  void load_unreadableFile_deniesAllWithWarning(@TempDir Path folder) throws Exception {
    List<LogRecord> logged = new ArrayList<>();

    Policy policy = loadCapturing(folder, logged);

    assertDeniesAll(policy);
    assertThat(logged)
        .singleElement()
        .satisfies(
            record ->
                assertThat(String.valueOf(record.getParameters()[0])).contains(folder.toString()));
  }

  @Test
  void load_malformedFile_refusedNamingIt(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("policy.toml"), "[[rule]]\nefect = 'deny'\n");

    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> Policy.load(file))
        .withMessageContaining(file + ":2: rule[0].efect: got an unknown key");
  }

  /** A file that is there and is no policy is refused; it does not pass for a missing one. */
  @ParameterizedTest
  @ValueSource(strings = {"rule = yes", "[[rule]", "a = 1\na = 2"})
  void load_notToml_refused(String text, @TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("policy.toml"), text);

    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> Policy.load(file))
        .withMessageContaining("not TOML");
  }

  @Test
  void load_wellFormedFile_applies(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("policy.toml"), RULE);

    assertThat(Policy.load(file).authorize(plugin("words"), GET).rule()).isEqualTo("a");
  }

  private static void assertDeniesAll(Policy policy) {
    assertThatExceptionOfType(CallDeniedException.class)
        .isThrownBy(() -> policy.authorize(plugin("words"), GET))
        .satisfies(denied -> assertThat(denied.auditReason()).isEqualTo("no rule"));
  }

  private static Policy loadCapturing(Path file, List<LogRecord> logged) throws ConfigException {
    Logger logger = Logger.getLogger(Policy.class.getName());
    Handler capture =
        new Handler() {
          @Override
          public void publish(LogRecord record) {
            logged.add(record);
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    logger.addHandler(capture);
    try {
      return Policy.load(file);
    } finally {
      logger.removeHandler(capture);
    }
  }
}
