package acme.greeter;

import acme.greeter.v1.GreeterGrpc;
import acme.log.v1.LogGrpc;
import dev.tenon.core.Plugin;

final class GreeterPlugin {
  private GreeterPlugin() {}

  // README: plugin
  static Plugin plugin() {
    return Plugin.named("greeter")
        .version("1.2.0")
        .requires(LogGrpc.SERVICE_NAME, ">=1.0.0")
        .provides(
            GreeterGrpc.SERVICE_NAME,
            ctx -> new GreeterService(ctx.client(LogGrpc::newBlockingStub)))
        .build();
  }

  public static void main(String[] args) throws Exception {
    plugin().serve(); // returns after a drain
  }
  // end
}
