package dev.tenon.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tenon.core.AdminName;
import dev.tenon.core.SpiffeId;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The document by which an administrator is one. */
class AdminFileTest {
  private static final String HOST = "spiffe://acme.example/host/h-1";

  private static final AdminFile FILE = file();
  private static final String LINE = FILE.toJsonLine();

  private static AdminFile file() {
    TestAuthority authority = new TestAuthority();
    return new AdminFile(
        new AdminName("alice"),
        Endpoint.parse("unix:/run/tenon/c"),
        Dns.HOST,
        (SpiffeId.OfHost) SpiffeId.parse(HOST),
        authority.leaf(HOST + "/admin/alice", "admin.tenon.internal").credentials(authority),
        Instant.parse("2026-11-29T12:00:00Z"));
  }

  @Test
  void parse_whatWasWritten_isTheSame() {
    AdminFile read = AdminFile.parse(LINE.getBytes(UTF_8));

    assertThat(LINE).endsWith("}\n").hasLineCount(1);
    assertThat(read.toJsonLine()).isEqualTo(LINE);
    assertThat(read.admin()).isEqualTo(FILE.admin());
    assertThat(read.credentials().chain()).isEqualTo(FILE.credentials().chain());
  }

  /** Row: RG-23. */
  @Test
  void toString_ofAFile_showsNoKey() {
    assertThat(FILE).hasToString("AdminFile[alice of " + HOST + ", redacted]");
    assertThat(FILE.credentials().toString()).contains("redacted");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"tenon\":1|\"tenon\":2|admin file: \"tenon\" is missing or of another version",
        "\"admin\":\"alice\"|\"admin\":\"A\"|admin file: \"admin\": admin name: \"A\" (expected",
        "unix:/run/tenon/c|http:x|admin file: \"control\": endpoint:",
        "/host/h-1\"|/host/h-1/admin/a\"|admin file: \"host_id\" is not that of a host",
        "2026-11-29T|yesterday|admin file: \"expires\" is malformed",
        "PRIVATE KEY-----\\n|PUBLIC KEY-----\\n|admin file: \"key\": malformed (expected: an EC",
        "\"key\":|\"yek\":|admin file: \"key\" is missing",
      })
  void parse_changedDocument_refusedWithoutTheKey(String from, String to, String problem) {
    String changed = LINE.replace(from, to);
    assertThat(changed).isNotEqualTo(LINE);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> AdminFile.parse(changed.getBytes(UTF_8)))
        .withMessageStartingWith(problem)
        .withMessageContaining("(expected: ")
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("-----BEGIN"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "{}", "[]", "{\"tenon\":1}", "{\"tenon\":1}\n{\"tenon\":1}"})
  void parse_other_refused(String line) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AdminFile.parse(line.getBytes(UTF_8)))
        .withMessageStartingWith("admin file: ");
  }

  @Test
  void parse_tooLong_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AdminFile.parse(new byte[AdminFile.MAX_BYTES + 1]))
        .withMessageStartingWith("admin file: ");
  }
}
