package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.auth.policy.Policy;
import dev.tenon.core.SpiffeId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The identity of a host over its starts. */
class HostNameTest {
  @TempDir private Path folder;

  private Path file;

  @BeforeEach
  void nameFile() {
    file = folder.resolve("s").resolve(HostName.FILE);
  }

  private HostBuilder host(String state) throws Exception {
    return PluginHost.builder()
        .state(folder.resolve(state))
        .run(folder.resolve("r"))
        .audit(folder.resolve(state + ".jsonl"))
        .policy(Policy.parse(""));
  }

  private SpiffeId.OfHost started(String state) throws Exception {
    try (PluginHost host = host(state).start()) {
      return host.id();
    }
  }

  /** Row: HS-21 */
  @Test
  void start_overTheSameState_isTheSameHost() throws Exception {
    SpiffeId.OfHost first = started("s");

    assertThat(started("s")).isEqualTo(first);
    assertThat(started("s")).isEqualTo(first);
    assertThat(Files.readString(file)).isEqualTo(first.host() + "\n");
  }

  /** Row: HS-21 */
  @Test
  void start_fileDeleted_isANewHost() throws Exception {
    SpiffeId.OfHost first = started("s");
    Files.delete(file);

    assertThat(started("s")).isNotEqualTo(first);
  }

  @Test
  void start_ofManyHosts_namesThemApart() throws Exception {
    Set<SpiffeId.OfHost> hosts = new HashSet<>();
    for (String state : new String[] {"s", "t", "u"}) {
      hosts.add(started(state));
    }

    assertThat(hosts).hasSize(3);
  }

  /** A start that ended while it wrote the name does not keep the next from starting. */
  @Test
  void start_halfWrittenName_isMadeAnew() throws Exception {
    Files.createDirectories(file.getParent());
    Files.writeString(file.resolveSibling("." + HostName.FILE), "h-0");

    assertThat(started("s").host()).matches("h-[0-9a-f]{8}");
    try (Stream<Path> files = Files.list(file.getParent())) {
      assertThat(files).doesNotContain(file.resolveSibling("." + HostName.FILE));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "h-", "h-12345678/../x", "h-123456789", "H-12345678", "../../tmp/x"})
  void start_notAName_isRefusedAndNothingChanges(String content) throws Exception {
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);

    assertThatThrownBy(() -> host("s").start())
        .isInstanceOf(HostStartException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("expected: h- and 8 hexadecimal digits");
    assertThat(Files.readString(file)).isEqualTo(content);
    assertThat(folder.resolve("s.jsonl")).doesNotExist();
  }
}
