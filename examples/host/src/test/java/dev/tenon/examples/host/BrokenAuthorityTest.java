package dev.tenon.examples.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The host's program with authority files that are no good. */
final class BrokenAuthorityTest {
  private Place place;

  @BeforeEach
  void makePlace() throws Exception {
    place = Place.make();
    make("P-256", "critical,CA:TRUE", "host-ca");
  }

  @AfterEach
  void removePlace() throws IOException {
    place.close();
  }

  /** Makes an authority as an operator does. */
  private void make(String curve, String constraints, String name) throws Exception {
    Process process =
        new ProcessBuilder(
                List.of(
                    "openssl",
                    "req",
                    "-x509",
                    "-newkey",
                    "ec",
                    "-pkeyopt",
                    "ec_paramgen_curve:" + curve,
                    "-nodes",
                    "-days",
                    "1",
                    "-subj",
                    "/CN=" + name,
                    "-addext",
                    "basicConstraints=" + constraints,
                    "-addext",
                    "keyUsage=critical,keyCertSign",
                    "-keyout",
                    file(name + ".key").toString(),
                    "-out",
                    file(name + ".crt").toString()))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
    mode("rw-------");
  }

  private Path file(String name) {
    return place.folder().resolve(name);
  }

  private void mode(String mode) throws IOException {
    Files.setPosixFilePermissions(file("host-ca.key"), PosixFilePermissions.fromString(mode));
  }

  /** What can be wrong with the files, and which of them is to be named. */
  private enum Broken {
    MISSING_CERTIFICATE("host-ca.crt") {
      @Override
      void in(BrokenAuthorityTest test) throws IOException {
        Files.delete(test.file("host-ca.crt"));
      }
    },
    MISSING_KEY("host-ca.key") {
      @Override
      void in(BrokenAuthorityTest test) throws IOException {
        Files.delete(test.file("host-ca.key"));
      }
    },
    DIRECTORY("host-ca.crt") {
      @Override
      void in(BrokenAuthorityTest test) throws IOException {
        Files.delete(test.file("host-ca.crt"));
        Files.createDirectory(test.file("host-ca.crt"));
      }
    },
    NOT_PEM("host-ca.crt") {
      @Override
      void in(BrokenAuthorityTest test) throws IOException {
        Files.writeString(test.file("host-ca.crt"), "no certificate\n");
      }
    },
    KEY_OF_ANOTHER("host-ca.key") {
      @Override
      void in(BrokenAuthorityTest test) throws Exception {
        test.make("P-256", "critical,CA:TRUE", "other");
        Files.writeString(test.file("host-ca.key"), Files.readString(test.file("other.key")));
      }
    },
    OPEN_KEY("host-ca.key") {
      @Override
      void in(BrokenAuthorityTest test) throws IOException {
        test.mode("rw-r--r--");
      }
    },
    NO_AUTHORITY("host-ca.crt") {
      @Override
      void in(BrokenAuthorityTest test) throws Exception {
        test.make("P-256", "critical,CA:FALSE", "host-ca");
      }
    },
    OTHER_CURVE("host-ca.") {
      @Override
      void in(BrokenAuthorityTest test) throws Exception {
        test.make("P-384", "critical,CA:TRUE", "host-ca");
      }
    };

    private final String named;

    Broken(String named) {
      this.named = named;
    }

    abstract void in(BrokenAuthorityTest test) throws Exception;
  }

  /**
   * It ends with the status of a wrong configuration, names the file, and never listened.
   *
   * <p>Row: PK-13
   */
  @ParameterizedTest
  @EnumSource
  void run_withBrokenAuthority_endsBeforeAnySocket(Broken broken) throws Exception {
    int port = freePort();
    place.configure(
        """
        [data]
        listen = "tcp:127.0.0.1:%d"
        [tls]
        host_ca_certificate = "host-ca.crt"
        host_ca_key = "host-ca.key"
        """
            .formatted(port));
    broken.in(this);
    List<String> arguments = List.of("run", "--config", place.config().toString());
    try (HostProcess host = HostProcess.start(place, arguments)) {
      assertThat(host.status()).as(host.err()).isEqualTo(3);
      assertThat(host.err()).contains(place.folder() + "/" + broken.named).contains("(expected: ");
      assertThat(host.out()).isEmpty();
      assertThat(place.sockets()).isEmpty();
      assertThat(place.audit()).doesNotExist();
      new ServerSocket(port, 1, InetAddress.getLoopbackAddress()).close();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }
}
