package dev.tenon.host.life;

import dev.tenon.host.HostBuilder;
import dev.tenon.host.launch.Isolation;

/** Plugins inside the host. */
class InProcessModeTest extends PluginModeTests {
  @Override
  void add(TestHome home, HostBuilder host, String name) {
    host.plugin(ModePlugins.plugin(name));
  }

  @Override
  Isolation isolation() {
    return Isolation.NONE;
  }
}
