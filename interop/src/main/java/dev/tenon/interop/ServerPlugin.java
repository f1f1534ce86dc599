package dev.tenon.interop;

import dev.tenon.core.Plugin;
import io.grpc.BindableService;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ServerServiceDefinition;

/**
 * A plugin that provides what the interoperability server provides, by calling it on loopback at
 * the port in {@value #PORT}.
 */
final class ServerPlugin {
  static final String NAME = "interop-server";
  static final String PORT = "INTEROP_SERVER_PORT";
  static final String TEST_SERVICE = "grpc.testing.TestService";
  static final String METRICS_SERVICE = "xds.service.orca.v3.OpenRcaService";

  private static final int MAX_MESSAGE_BYTES = 16 << 20;

  private ServerPlugin() {}

  /** Serves until the host ends it. */
  public static void main(String[] args) throws Exception {
    ManagedChannel server =
        Grpc.newChannelBuilder(
                "127.0.0.1:" + System.getenv(PORT), InsecureChannelCredentials.create())
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .build();
    Forwarding forwarding = new Forwarding(server);
    Plugin.named(NAME)
        .version("1.0.0")
        .provides(
            TEST_SERVICE,
            context ->
                service(
                    forwarding,
                    TEST_SERVICE,
                    "EmptyCall",
                    "UnaryCall",
                    "CacheableUnaryCall",
                    "StreamingOutputCall",
                    "StreamingInputCall",
                    "FullDuplexCall",
                    "HalfDuplexCall",
                    "UnimplementedCall"))
        .provides(
            METRICS_SERVICE, context -> service(forwarding, METRICS_SERVICE, "StreamCoreMetrics"))
        .build()
        .serve();
    server.shutdownNow();
  }

  private static BindableService service(Forwarding forwarding, String name, String... methods) {
    ServerServiceDefinition.Builder service = ServerServiceDefinition.builder(name);
    for (String method : methods) {
      service.addMethod(Bytes.method(name + "/" + method), forwarding);
    }
    return service::build;
  }
}
