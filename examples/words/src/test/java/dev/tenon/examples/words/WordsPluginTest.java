package dev.tenon.examples.words;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Plugin;
import dev.tenon.core.ServiceName;
import org.junit.jupiter.api.Test;

/** What the plugin declares. */
final class WordsPluginTest {
  @Test
  void plugin_declares_wordsAndAllThatItCalls() {
    Plugin plugin = WordsPlugin.plugin();

    assertThat(plugin.services()).containsOnlyKeys(new ServiceName("examples.words.v1.Words"));
    assertThat(plugin.requirements())
        .containsOnlyKeys(
            new ServiceName("examples.files.v1.Files"),
            new ServiceName("examples.store.v1.Store"),
            new ServiceName("dev.tenon.log.v1.Log"));
  }
}
