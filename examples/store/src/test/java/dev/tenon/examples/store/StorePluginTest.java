package dev.tenon.examples.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Plugin;
import dev.tenon.core.ServiceName;
import org.junit.jupiter.api.Test;

/** What the plugin declares. */
final class StorePluginTest {
  @Test
  void plugin_declares_storeAndCallsNobody() {
    Plugin plugin = StorePlugin.plugin();

    assertThat(plugin.services()).containsOnlyKeys(new ServiceName("examples.store.v1.Store"));
    assertThat(plugin.requirements()).isEmpty();
  }
}
