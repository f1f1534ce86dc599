package dev.tenon.examples.words;

import dev.tenon.core.Plugin;
import dev.tenon.examples.files.v1.FilesGrpc;
import dev.tenon.examples.store.v1.StoreGrpc;
import dev.tenon.examples.words.v1.WordsGrpc;
import dev.tenon.v1.log.LogGrpc;

/** The plugin {@code words}: it calls two other plugins and a service of the host. */
public final class WordsPlugin {
  private WordsPlugin() {}

  /** Returns the plugin. */
  public static Plugin plugin() {
    return Plugin.named("words")
        .version("1.0.0")
        .requires(FilesGrpc.SERVICE_NAME, ">=1.0.0")
        .requires(StoreGrpc.SERVICE_NAME, ">=1.0.0")
        .requires(LogGrpc.SERVICE_NAME, ">=1.0.0")
        .provides(
            WordsGrpc.SERVICE_NAME,
            ctx ->
                new WordsService(
                    ctx.client(FilesGrpc::newBlockingStub),
                    ctx.client(StoreGrpc::newBlockingStub),
                    new HostLog(ctx.client(LogGrpc::newBlockingStub))))
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
