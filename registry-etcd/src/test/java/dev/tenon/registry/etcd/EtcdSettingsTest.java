package dev.tenon.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a host may be told about etcd, and what it reads for a connection. */
class EtcdSettingsTest {
  private static final EtcdSettings SETTINGS = EtcdSettings.of("https://etcd.example:2379");

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://etcd.example:2379",
        "https://10.0.0.1:1",
        "http://127.0.0.1:2379",
        "http://localhost:2379",
        "http://[::1]:65535"
      })
  void of_endpoint_accepted(String endpoint) {
    assertThat(EtcdSettings.of(endpoint).endpoints()).containsExactly(URI.create(endpoint));
  }

  /** Without TLS whoever is on the way could say whose a service is. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://etcd.example:2379",
        "http://10.0.0.1:2379",
        "http://127.0.0.1.example:2379",
        "https://etcd.example",
        "https://etcd.example:0",
        "https://etcd.example:65536",
        "https://user:secret@etcd.example:2379",
        "https://etcd.example:2379/",
        "https://etcd.example:2379?a",
        "etcd.example:2379",
        "ftp://etcd.example:2379",
        "https://:2379",
        "not a url",
        ""
      })
  void of_otherEndpoint_refusedWithoutAnySecretOfIt(String endpoint) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> EtcdSettings.of(endpoint))
        .satisfies(refused -> assertThat(refused.getMessage()).doesNotContain("secret"));
  }

  @Test
  void of_noneOrTheSameTwice_refused() {
    assertThatIllegalArgumentException().isThrownBy(EtcdSettings::of);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> EtcdSettings.of("https://a.example:1", "https://a.example:1"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT1S", "PT2.5S", "PT10M1S", "PT-2S"})
  void lease_outOfBounds_refused(String lease) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SETTINGS.lease(Duration.parse(lease)))
        .withMessageContaining("PT2S to PT10M");
  }

  @Test
  void trusted_withoutTls_refused() {
    EtcdSettings plain = EtcdSettings.of("http://127.0.0.1:2379");
    assertThatIllegalArgumentException().isThrownBy(() -> plain.trusted(folder));
    assertThatIllegalArgumentException().isThrownBy(() -> plain.client(folder, folder));
  }

  @Test
  void password_fileOfTheOwner_itsFirstLine() throws Exception {
    assertThat(EtcdFiles.password(file("hush\nmore\n", "rw-------"))).isEqualTo("hush");
  }

  /** A password that others can read is none. */
  @ParameterizedTest
  @ValueSource(strings = {"rw-r-----", "rw----r--", "rw--w----"})
  void password_fileOpenToOthers_refused(String permissions) throws Exception {
    Path open = file("hush", permissions);

    assertThatExceptionOfType(EtcdFailedException.class)
        .isThrownBy(() -> EtcdFiles.password(open))
        .withMessageContaining("0600")
        .satisfies(refused -> assertThat(refused.getMessage()).doesNotContain("hush"));
  }

  /** Nor is such a key. */
  @Test
  void credentials_keyOpenToOthers_refused() throws Exception {
    Path key = file("key", "rw-r--r--");

    assertThatExceptionOfType(EtcdFailedException.class)
        .isThrownBy(
            () -> EtcdFiles.credentials(SETTINGS.endpoints().get(0), SETTINGS.client(key, key)))
        .withMessageContaining("0600");
  }

  @Test
  void credentials_noCertificateThere_refused() {
    assertThatExceptionOfType(EtcdFailedException.class)
        .isThrownBy(
            () ->
                EtcdFiles.credentials(
                    SETTINGS.endpoints().get(0), SETTINGS.trusted(folder.resolve("none.pem"))));
  }

  private Path file(String text, String permissions) throws Exception {
    Path file = Files.createTempFile(folder, "file", ".txt");
    Files.writeString(file, text);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
  }
}
