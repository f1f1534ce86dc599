package dev.tenon.examples.files;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Plugin;
import dev.tenon.core.ServiceName;
import org.junit.jupiter.api.Test;

/** What the plugin declares. */
final class FilesPluginTest {
  @Test
  void plugin_declares_filesAndTheHostsList() {
    Plugin plugin = FilesPlugin.plugin();

    assertThat(plugin.services()).containsOnlyKeys(new ServiceName("examples.files.v1.Files"));
    assertThat(plugin.requirements()).containsOnlyKeys(new ServiceName("examples.host.v1.Listing"));
  }
}
