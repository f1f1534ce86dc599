package dev.tenon.registry.etcd;

import static dev.tenon.registry.Claims.ECHO;
import static dev.tenon.registry.Claims.run;
import static dev.tenon.registry.Claims.shared;
import static dev.tenon.registry.etcd.EtcdHost.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import dev.tenon.core.RegistryLimits;
import dev.tenon.core.SpiffeId;
import dev.tenon.registry.RegistryUnavailableException;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.registry.SharedRegistry;
import dev.tenon.registry.etcd.CertificatesOfEtcd.Pair;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real etcd behind TLS: one that wants a certificate of its clients, and one that does not. */
class EtcdTlsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** What the certificate of either etcd is for; they listen at this name's address. */
  private static final String NAME = "localhost";

  @TempDir static Path folder;
  private static CertificatesOfEtcd authority;
  private static Pair client;
  private static EtcdServer mutual;
  private static EtcdServer open;

  @BeforeAll
  static void startEtcd() throws Exception {
    authority = new CertificatesOfEtcd(folder, "authority");
    Pair server = authority.issue("server", NAME);
    client = authority.issue("client", "client.test");
    String certificate = "--cert-file=" + server.certificate();
    String key = "--key-file=" + server.key();
    mutual =
        EtcdServer.start(
            Files.createDirectory(folder.resolve("mutual")),
            certificate,
            key,
            "--client-cert-auth",
            "--trusted-ca-file=" + authority.root());
    open = EtcdServer.start(Files.createDirectory(folder.resolve("open")), certificate, key);
  }

  @AfterAll
  static void stopEtcd() {
    if (mutual != null) {
      mutual.close();
    }
    if (open != null) {
      open.close();
    }
  }

  private static EtcdSettings settings(String name, EtcdServer etcd) {
    return EtcdHost.settings("https://" + name + ":" + etcd.port());
  }

  private static EtcdSettings with(EtcdSettings settings, Pair pair) {
    return settings.client(pair.certificate(), pair.key());
  }

  /** Returns why a first question to etcd is not answered. */
  private static String refusal(EtcdSettings settings) {
    EtcdFailedException refused =
        catchThrowableOfType(
            EtcdFailedException.class,
            () -> {
              try (EtcdConnection connection =
                  EtcdConnection.open(settings.endpoint(0), settings, PATIENCE)) {
                var unused = connection.list(ByteString.copyFromUtf8("/tenon/"), 1000);
              }
            });
    return String.valueOf(refused.getMessage());
  }

  private static void assertShares(EtcdSettings settings) throws Exception {
    try (SharedRegistry registry =
        EtcdHost.open(EtcdStore.of(settings), EtcdHost.freshDomain(), "one")) {
      assertThat(registry.register(shared(run("a", 1), ECHO))).isNotNull();
    }
  }

  @Test
  void open_withTheCertificateThatEtcdWants_shares() throws Exception {
    assertShares(with(settings(NAME, mutual).trusted(authority.root()), client));
  }

  @Test
  void open_serverTlsAlone_shares() throws Exception {
    assertShares(settings(NAME, open).trusted(authority.root()));
  }

  /** A host does not start on an etcd that it has no reason to trust, and says why. */
  @Test
  void start_etcdOfAnotherAuthority_refusedWithTheReason() {
    Path other = new CertificatesOfEtcd(folder, "other").root();
    EtcdRegistry registry =
        new EtcdRegistry(
            settings(NAME, open).trusted(other),
            ServiceRegistry.inMemory(RegistryLimits.DEFAULT, Map.of(), new Random(1)),
            new SpiffeId.OfHost(EtcdHost.freshDomain(), "one"),
            System::nanoTime);
    try {
      soon()
          .untilAsserted(
              () ->
                  assertThatExceptionOfType(RegistryUnavailableException.class)
                      .isThrownBy(() -> registry.start(Duration.ofMillis(100)))
                      .withMessageContaining("etcd at https://" + NAME)
                      .withMessageContaining("TLS: ")
                      .withMessageContaining("certification path"));
    } finally {
      registry.close();
    }
  }

  /** Nor without being told whom to trust: the JVM's authorities do not know this one. */
  @Test
  void list_etcdThatNoKnownAuthorityVouchesFor_refused() {
    assertThat(refusal(settings(NAME, open))).contains("TLS: ", "certification path");
  }

  /** A certificate for another name is another's, whoever issued it. */
  @Test
  void list_etcdWithACertificateForAnotherName_refused() {
    assertThat(refusal(settings("127.0.0.1", open).trusted(authority.root())))
        .contains("etcd at https://127.0.0.1:" + open.port(), "TLS: ", "127.0.0.1");
  }

  @Test
  void list_withoutOrWithAForeignCertificate_refusedByEtcd() {
    EtcdSettings none = settings(NAME, mutual).trusted(authority.root());
    Pair foreign = new CertificatesOfEtcd(folder, "foreign").issue("intruder", "client.test");

    assertThat(refusal(none)).contains("list: ");
    assertThat(refusal(with(none, foreign))).contains("list: ");
  }

  /** The key is good, and yet none, since others may have it too. */
  @Test
  void list_withAKeyThatOthersCanRead_refusedBeforeEtcdIsAsked() throws Exception {
    Pair open = authority.issue("open", "client.test");
    Files.setPosixFilePermissions(open.key(), PosixFilePermissions.fromString("rw-r-----"));

    assertThat(refusal(with(settings(NAME, mutual).trusted(authority.root()), open)))
        .contains("0600")
        .doesNotContain("list: ");
  }
}
