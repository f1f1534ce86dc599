package dev.tenon.auth;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.core.PluginName;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AllowedCertificatesTest {
  /** It reads like "none" and would mean "any". Row: PK-6. */
  @Test
  void forPlugin_emptyList_isRefused() {
    PluginName words = new PluginName("words");

    assertThatThrownBy(() -> AllowedCertificates.ANY.forPlugin(words, Set.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("words");
  }
}
