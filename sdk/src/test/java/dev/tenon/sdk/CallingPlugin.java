package dev.tenon.sdk;

import dev.tenon.core.Plugin;
import dev.tenon.core.PluginContext;
import dev.tenon.testservice.v1.EchoGrpc;
import java.util.concurrent.CompletableFuture;

/** A plugin that calls {@code Echo} and provides it, with its context for the test. */
final class CallingPlugin {
  final EchoService provided = new EchoService();
  private final CompletableFuture<PluginContext> context = new CompletableFuture<>();

  Plugin plugin() {
    return Plugin.named("echo")
        .version("1.2.0")
        .requires(EchoGrpc.SERVICE_NAME, "")
        .provides(
            EchoGrpc.SERVICE_NAME,
            made -> {
              context.complete(made);
              return provided;
            })
        .build();
  }

  PluginContext context() {
    return context.join();
  }
}
