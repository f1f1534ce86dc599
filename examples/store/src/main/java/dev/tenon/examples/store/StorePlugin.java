package dev.tenon.examples.store;

import dev.tenon.core.Plugin;
import dev.tenon.examples.store.v1.StoreGrpc;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;

/**
 * The plugin {@code store}: it calls nobody, and keeps what it is given in the directory that the
 * host names in the environment variable {@value #STATE}.
 */
public final class StorePlugin {
  static final String STATE = "TENON_STATE";

  private StorePlugin() {}

  /** Returns the plugin. */
  public static Plugin plugin() {
    return Plugin.named("store")
        .version("1.0.0")
        .provides(StoreGrpc.SERVICE_NAME, ctx -> service(System.getenv()))
        .build();
  }

  /**
   * Serves the plugin until the host shuts it down.
   *
   * @throws Exception if the plugin cannot be served; the message says why
   */
  public static void main(String[] args) throws Exception {
    plugin().serve();
  }

  static StoreService service(Map<String, String> environment) {
    Path state = Path.of(environment.getOrDefault(STATE, ""));
    if (!state.isAbsolute()) {
      throw new IllegalStateException(
          STATE + ": \"" + state + "\" (expected: the absolute path of the plugin's directory)");
    }
    try {
      return new StoreService(EntryFiles.open(state, InstantSource.system()));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot open the store in " + state, e);
    }
  }
}
