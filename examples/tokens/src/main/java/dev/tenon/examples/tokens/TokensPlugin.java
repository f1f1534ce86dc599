package dev.tenon.examples.tokens;

import dev.tenon.core.Plugin;
import dev.tenon.examples.tokens.v1.TokensGrpc;

/** The plugin {@code tokens}: it calls nobody and keeps nothing, so that several runs can serve. */
public final class TokensPlugin {
  private TokensPlugin() {}

  /** Returns the plugin. */
  public static Plugin plugin() {
    return Plugin.named("tokens")
        .version("1.0.0")
        .provides(TokensGrpc.SERVICE_NAME, ctx -> new TokensService(ctx.self().runtimeId()))
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
