package dev.tenon.testing.house;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.testing.RepositoryRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stands in {@code deploy/}: examples without secrets, and the check before a deployment. */
final class DeployTest {
  private static final Path DEPLOY = RepositoryRoot.find().resolve("deploy");
  private static final String BEGIN = "-----BEGIN ";

  @TempDir private Path folder;

  /** What the script came to. */
  private record Ran(int status, String err) {}

  private Ran check(Path... files) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of("sh", DEPLOY.resolve("check-secrets.sh").toString()));
    for (Path file : files) {
      command.add(file.toString());
    }
    Path err = folder.resolve("err");
    Process process = new ProcessBuilder(command).redirectError(err.toFile()).start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Ran(process.exitValue(), Files.readString(err));
  }

  private Path file(String name, String text, String mode) throws IOException {
    Path file = Files.writeString(folder.resolve(name), text);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }

  private Path key(String mode) throws IOException {
    return file("ca.key", BEGIN + "PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", mode);
  }

  /** Row: PK-20. */
  @Test
  void manifests_holdNoSecretAndAreWellFormed() throws IOException {
    try (Stream<Path> files = Files.walk(DEPLOY)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String text = Files.readString(file);
        assertThat(text.lines().filter(line -> line.startsWith(BEGIN))).as("%s", file).isEmpty();
        if (file.toString().endsWith(".yaml")) {
          assertThat(text).as("%s", file).doesNotContain("\t", "kind: Secret", "stringData", "\r");
          for (String document : text.split("(?m)^---$", -1)) {
            assertThat(document).containsPattern("(?m)^apiVersion: [a-z./0-9-]+$");
            assertThat(document).containsPattern("(?m)^kind: [A-Z][A-Za-z]+$");
            assertThat(document.lines().filter(line -> !line.startsWith("#")))
                .allMatch(line -> line.matches("|( {2})*(- )?[A-Za-z]+:( .+)?"));
          }
        }
      }
    }
  }

  /** Row: PK-21. */
  @Test
  void check_template_refused() throws Exception {
    Path template = DEPLOY.resolve("secrets.template");

    Ran ran = check(template);

    assertThat(ran.status()).isEqualTo(1);
    assertThat(ran.err()).contains(template + ": a placeholder");
  }

  /** Row: PK-21. */
  @Test
  void check_missingEmptyOpenOrOfAnotherForm_refused() throws Exception {
    assertThat(check(folder.resolve("nowhere")).err()).contains("nowhere: missing");
    assertThat(check(file("a.key", "", "rw-------")).err()).contains("a.key: empty");
    assertThat(check(key("rw-r-----")).err()).contains("ca.key: open to group or others");
    assertThat(check(file("b.key", "secret\n", "rw-------")).err()).contains("b.key: no key");
    assertThat(check(file("c.crt", "text\n", "rw-r--r--")).err()).contains("no certificate");
    assertThat(check(file("p", "change-me\n", "rw-------")).err()).contains("p: a placeholder");
    assertThat(check(key("rw-------"), folder.resolve("nowhere")).status()).isEqualTo(1);
    assertThat(check().status()).isEqualTo(2);
  }

  /** Row: PK-21. */
  @Test
  void check_goodSecrets_passes() throws Exception {
    Path certificate =
        file("ca.crt", BEGIN + "CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "rw-r--r--");
    Path phrase = file("phrase", "correct horse battery staple\n", "rw-------");

    Ran ran = check(certificate, key("rw-------"), phrase);

    assertThat(ran.err()).isEmpty();
    assertThat(ran.status()).isZero();
  }
}
