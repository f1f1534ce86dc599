package dev.tenon.examples.files;

import dev.tenon.core.Plugin;
import dev.tenon.examples.files.v1.FilesGrpc;
import dev.tenon.examples.host.v1.ListingGrpc;

/** The plugin {@code files}: it asks the host which files there are, and reads no others. */
public final class FilesPlugin {
  private FilesPlugin() {}

  /** Returns the plugin. */
  public static Plugin plugin() {
    return Plugin.named("files")
        .version("1.0.0")
        .requires(ListingGrpc.SERVICE_NAME, ">=1.0.0")
        .provides(
            FilesGrpc.SERVICE_NAME,
            ctx -> new FilesService(ctx.client(ListingGrpc::newBlockingStub)))
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
}
