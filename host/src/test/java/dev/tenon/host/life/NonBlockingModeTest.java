package dev.tenon.host.life;

import dev.tenon.core.Plugin;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.launch.Isolation;

/** Plugins inside the host whose services never block. */
class NonBlockingModeTest extends PluginModeTests {
  @Override
  void add(TestHome home, HostBuilder host, String name) {
    host.plugin(nonBlocking(ModePlugins.plugin(name)));
  }

  /** Returns {@code plugin} with all its services declared non-blocking. */
  static Plugin nonBlocking(Plugin plugin) {
    Plugin.Builder declared =
        Plugin.named(plugin.name().value()).version(plugin.version().toString());
    plugin
        .requirements()
        .values()
        .forEach(
            used -> {
              String service = used.service().value();
              String versions = used.versions().toString();
              switch (used.need()) {
                case REQUIRED -> declared.requires(service, versions);
                case OPTIONAL -> declared.canUse(service, versions);
              }
            });
    plugin
        .services()
        .forEach((service, factory) -> declared.providesNonBlocking(service.value(), factory));
    return declared.build();
  }

  @Override
  Isolation isolation() {
    return Isolation.NONE;
  }
}
