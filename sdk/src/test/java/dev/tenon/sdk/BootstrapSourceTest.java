package dev.tenon.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.transport.Bootstrap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a plugin's start document may come from, and what it must not say. */
final class BootstrapSourceTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"", "stdin ", "STDIN", "file:", "file", "/etc/x", "{\"tenon\":1}"})
  void parse_neitherForm_empty(String value) {
    assertThat(BootstrapSource.parse(value)).isEmpty();
  }

  @Test
  void parse_bothForms_found() {
    assertThat(BootstrapSource.parse("stdin")).hasValue(new BootstrapSource.Stdin());
    assertThat(BootstrapSource.parse("file:/run/x"))
        .hasValue(new BootstrapSource.PrivateFile(Path.of("/run/x")));
  }

  @Test
  void read_privateFile_document() throws Exception {
    Bootstrap read = new BootstrapSource.PrivateFile(file("rw-------", document())).read();

    assertThat(read.plugin().value()).isEqualTo("echo");
    assertThat(new BootstrapSource.PrivateFile(file("rw-------", document().strip())).read())
        .extracting(Bootstrap::runtimeId)
        .isEqualTo(read.runtimeId());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"rw-r-----", "rw----r--", "rw-r--r--", "rw-rw-rw-", "r--------", "rwx------"})
  void read_fileOfOtherMode_refused(String mode) throws IOException {
    Path file = file(mode, document());

    assertThatThrownBy(() -> new BootstrapSource.PrivateFile(file).read())
        .isInstanceOf(PluginStartException.class)
        .hasMessageContaining("mode " + mode)
        .hasMessageContaining("expected: a regular file of mode rw-------")
        .hasMessageNotContaining("tne_");
  }

  @Test
  void read_symbolicLink_refused() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link"), file("rw-------", document()));

    assertThatThrownBy(() -> new BootstrapSource.PrivateFile(link).read())
        .isInstanceOf(PluginStartException.class)
        .hasMessageContaining("not a regular file");
  }

  @Test
  void read_missingOrTooLongFile_refused() throws IOException {
    assertThatThrownBy(() -> new BootstrapSource.PrivateFile(folder.resolve("none")).read())
        .isInstanceOf(PluginStartException.class)
        .hasMessageContaining("cannot be read");
    Path big = file("rw-------", " ".repeat(Bootstrap.MAX_BYTES + 1));
    assertThatThrownBy(() -> new BootstrapSource.PrivateFile(big).read())
        .isInstanceOf(PluginStartException.class)
        .hasMessageContaining("too long");
  }

  /**
   * No endpoint has a form without TLS, so no document can make a plugin speak in clear. Row: PK-24
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "insecure-plaintext:127.0.0.1:7070",
        "http://127.0.0.1:7070",
        "plaintext:127.0.0.1:7070",
        "tcp:127.0.0.1:7070?tls=off",
        "dns:///localhost:7070",
        ""
      })
  void read_endpointInClear_refused(String endpoint) throws IOException {
    for (String listener : new String[] {"e", "c", "d", "s"}) {
      String unix = "unix:" + folder.resolve(listener);
      assertThat(document()).contains('"' + unix + '"');
      Path file = file("rw-------", document().replace('"' + unix + '"', '"' + endpoint + '"'));

      assertThatThrownBy(() -> new BootstrapSource.PrivateFile(file).read())
          .isInstanceOf(PluginStartException.class)
          .hasMessageContaining(file.toString())
          .hasMessageNotContaining("tne_");
    }
  }

  private String document() {
    try (FakeHost host = FakeHost.start(folder)) {
      return host.bootstrap("echo").toJsonLine();
    }
  }

  private Path file(String mode, String content) throws IOException {
    Path file = Files.createTempFile(folder, "bootstrap", ".json");
    Files.writeString(file, content);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }
}
