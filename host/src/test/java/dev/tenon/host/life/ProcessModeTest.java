package dev.tenon.host.life;

import dev.tenon.host.HostBuilder;
import dev.tenon.host.launch.Isolation;
import java.io.IOException;

/** Plugins as processes. */
class ProcessModeTest extends PluginModeTests {
  @Override
  void add(TestHome home, HostBuilder host, String name) throws IOException {
    home.program(name, ModePlugins.class, name);
  }

  @Override
  Isolation isolation() {
    return Isolation.SHARED_UID;
  }
}
