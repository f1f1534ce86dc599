package dev.tenon.sdk;

import dev.tenon.core.Plugin;
import dev.tenon.testservice.v1.EchoGrpc;

/** A whole plugin. */
final class EchoPlugin {
  private EchoPlugin() {}

  static Plugin plugin() {
    return Plugin.named("echo")
        .version("1.2.0")
        .provides(EchoGrpc.SERVICE_NAME, context -> new EchoService())
        .build();
  }

  public static void main(String[] args) throws Exception {
    plugin().serve();
  }
}
