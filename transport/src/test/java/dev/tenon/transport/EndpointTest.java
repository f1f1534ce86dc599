package dev.tenon.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The text form of endpoints. */
final class EndpointTest {
  /** A name stays a name: nothing looks it up. Row: VA-9. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "unix:/run/tenon/host/e",
        "tcp:127.0.0.1:7070",
        "tcp:[::1]:7070",
        "tcp:host.example:0",
        "tcp:localhost:65535",
        "tcp:name-that-no-resolver-has.invalid:1"
      })
  void parse_rightText_comesBack(String text) {
    assertThat(Endpoint.parse(text)).hasToString(text);
  }

  /** Broken, short and cut texts are refused as such, not by an index. Row: TE-7, VA-9. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "unix:",
        "unix:run/e",
        "unix:/",
        "unix:/run/../e",
        "unix:/run/./e",
        "unix:/run/\0",
        "UNIX:/run/e",
        "tcp:",
        "tcp:7070",
        "tcp::7070",
        "tcp:127.0.0.1",
        "tcp:127.0.0.1:",
        "tcp:127.0.0.1:65536",
        "tcp:127.0.0.1:+1",
        "tcp:127.0.0.1:01",
        "tcp:127.0.0.1:-1",
        "tcp:127.0.0.1:1\n",
        "tcp:127.0.0.1:\u0661",
        "tcp:::1:7070",
        "tcp:[127.0.0.1]:7070",
        "tcp:[host.example]:7070",
        "tcp:[[::1]]:7070",
        "tcp:1.2.3:7070",
        "tcp:1.2.3.4.5:7070",
        "tcp:1.2.3.256:7070",
        "tcp:0x7f.1:7070",
        "tcp:[]:7070",
        "tcp:[:7070",
        "tcp:]:7070",
        "tcp:[:]:7070",
        "host.example",
        "1.2.3",
        ":",
        "t",
        "tcp:Host.example:7070",
        "tcp:-a.example:7070",
        "tcp:a b:7070",
        "tcp:user@host.example:7070",
        "http://host.example:7070"
      })
  void parse_wrongText_refuses(String text) {
    assertThatThrownBy(() -> Endpoint.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(expected: ");
  }

  /** Row: PK-23. */
  @Test
  void unix_pathAroundTheLimit_isExact() {
    String longest = "/" + "a".repeat(Endpoint.Unix.MAX_PATH_BYTES - 1);
    assertThat(new Endpoint.Unix(Path.of(longest)).path()).hasToString(longest);
    assertThatThrownBy(() -> new Endpoint.Unix(Path.of(longest + "a")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("101 bytes (expected: <= 100");
  }

  @Test
  void serverName_notDns_refuses() {
    Credentials trust = Credentials.trustOnly(new TestAuthority().bundle());
    for (String name : new String[] {"", "a..b", "A.b", "1.2.3.4", "a.b.", "a_b", "a".repeat(64)}) {
      assertThatThrownBy(() -> new ClientTls(() -> trust, id -> true, name))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
