package dev.tenon.registry.etcd;

import static dev.tenon.registry.Claims.ECHO;
import static dev.tenon.registry.Claims.run;
import static dev.tenon.registry.Claims.shared;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import dev.tenon.registry.SharedRegistry;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An etcd that asks who is there. */
class EtcdLoginTest {
  private static final String PASSWORD = "correct horse";

  @TempDir Path folder;

  private Path file(String password) throws Exception {
    Path file = Files.createTempFile(folder, "password", ".txt");
    Files.writeString(file, password);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  /**
   * With the right password it takes a host in, without it nobody, and tells nobody which it was.
   */
  @Test
  void open_withAndWithoutPassword_theRightOneIn() throws Exception {
    try (EtcdServer etcd = EtcdServer.start(folder)) {
      etcd.requireLogin(PASSWORD);
      EtcdSettings settings = EtcdHost.settings(etcd.endpoint());
      URI endpoint = settings.endpoints().get(0);
      Duration patience = Duration.ofSeconds(30);

      try (SharedRegistry registry =
          EtcdHost.open(
              EtcdStore.of(settings.login("root", file(PASSWORD))),
              EtcdHost.freshDomain(),
              "one")) {
        assertThat(registry.register(shared(run("a", 1), ECHO))).isNotNull();
      }
      Path wrong = file("wrong horse");
      var refused =
          catchThrowableOfType(
              EtcdFailedException.class,
              () -> EtcdConnection.open(endpoint, settings.login("root", wrong), patience));
      assertThat(refused.getMessage()).contains("authenticate").doesNotContain("horse");
      try (EtcdConnection nobody = EtcdConnection.open(endpoint, settings, patience)) {
        assertThat(
                catchThrowableOfType(
                    EtcdFailedException.class,
                    () -> nobody.list(ByteString.copyFromUtf8("/tenon/"), 1000)))
            .isNotNull();
      }
    }
  }
}
