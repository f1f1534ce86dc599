package dev.tenon.auth.revocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.revocation.RevokedCertificate.ByFingerprint;
import dev.tenon.auth.revocation.RevokedCertificate.BySerial;
import dev.tenon.core.Fingerprint;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RevocationsTest {
  private static final RevokedCertificate SERIAL = new BySerial(new BigInteger("1a2b", 16));
  private static final RevokedCertificate FINGERPRINT =
      new ByFingerprint(new Fingerprint("0f".repeat(32)));

  @TempDir Path folder;

  private Path file() {
    return folder.resolve("revocations");
  }

  /** What was stored is there again, once, and nothing else is left in the folder. Row: PK-15. */
  @Test
  void open_afterStore_hasTheSame() throws Exception {
    Revocations first = Revocations.open(file());
    first.add(SERIAL);
    first.add(FINGERPRINT);
    first.add(SERIAL);
    first.store();

    Revocations second = Revocations.open(file());

    assertThat(second.size()).isEqualTo(2);
    assertThat(Files.readString(file()))
        .isEqualTo("tenon-revocations 1\n" + FINGERPRINT.line() + "\n" + SERIAL.line() + "\n");
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).containsExactly(file());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "tenon-revocations 1",
        "tenon-revocations 2\n",
        "serial 12\n",
        "tenon-revocations 1\nserial 12",
        "tenon-revocations 1\nserial 12\n\n",
        "tenon-revocations 1\nserial 012\n",
        "tenon-revocations 1\nserial AB\n",
        "tenon-revocations 1\nserial -1\n",
        "tenon-revocations 1\nserial 0\n",
        "tenon-revocations 1\nserial \n",
        "tenon-revocations 1\nserial x\n",
        "tenon-revocations 1\nSerial 1\n",
        "tenon-revocations 1\nfingerprint 00\n",
        "tenon-revocations 1\nserial 12\r\n"
      })
  void open_damagedFile_isRefused(String text) throws Exception {
    Files.writeString(file(), text);
    assertThatThrownBy(() -> Revocations.open(file()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("(expected: ");
  }

  /** Cut at any byte, the list is refused or has whole lines. */
  @Test
  void open_cutAtEveryByte_neverHasAnotherSerial() throws Exception {
    Revocations whole = Revocations.open(file());
    whole.add(SERIAL);
    whole.store();
    byte[] bytes = Files.readAllBytes(file());
    for (int length = 0; length < bytes.length; length++) {
      Files.write(file(), Arrays.copyOf(bytes, length));
      if (length == "tenon-revocations 1\n".length()) {
        assertThat(Revocations.open(file()).size()).isZero();
      } else {
        assertThatThrownBy(() -> Revocations.open(file())).isInstanceOf(ConfigException.class);
      }
    }
  }
}
