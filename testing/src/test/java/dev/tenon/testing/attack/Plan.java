package dev.tenon.testing.attack;

import dev.tenon.host.HostBuilder;
import dev.tenon.v1.Health;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** What a scene is set up with, beside the innocent caller and provider. Not thread-safe. */
final class Plan {
  final Map<String, RawRuntime.Script> plugins = new LinkedHashMap<>();
  final Set<String> lasting = new HashSet<>();
  final List<Consumer<HostBuilder>> settings = new ArrayList<>();
  private boolean startEnds = true;

  /** Adds a plugin that enrols, declares {@code provides}, and reports that it is healthy. */
  Plan enrolled(String name, String... provides) {
    return script(
        name,
        plugin -> {
          var unused = plugin.enrol(provides);
          plugin.report(Health.HEALTH_HEALTHY);
        });
  }

  /** Adds a plugin that does as {@code script} says. */
  Plan script(String name, RawRuntime.Script script) {
    plugins.put(name, script);
    return this;
  }

  /** Adds a plugin that does as {@code script} says, and stays connected from test to test. */
  Plan lasting(String name, RawRuntime.Script script) {
    lasting.add(name);
    return script(name, script);
  }

  /** Adds a plugin that does nothing of itself; the host's start waits for it. */
  Plan silent(String name) {
    plugins.put(name, plugin -> {});
    startEnds = false;
    return this;
  }

  Plan set(Consumer<HostBuilder> setting) {
    settings.add(setting);
    return this;
  }

  /** Returns whether the host's start ends without the test's doing. */
  boolean startEnds() {
    return startEnds;
  }
}
