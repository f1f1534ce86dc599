package dev.tenon.interop;

import dev.tenon.core.Plugin;
import dev.tenon.core.PluginContext;
import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.HandlerRegistry;
import io.grpc.Server;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.AbstractStub;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A plugin that listens in plaintext on loopback, at the port in {@value #PORT}, and makes the
 * calls that come in there as its own: through its host.
 */
final class ClientPlugin {
  static final String NAME = "interop-client";
  static final String PORT = "INTEROP_CLIENT_PORT";

  /** Provided so that the SDK gives a context; it has no methods. */
  static final String SERVICE = "dev.tenon.interop.v1.Entry";

  /** Nobody provides it. */
  static final String UNIMPLEMENTED_SERVICE = "grpc.testing.UnimplementedService";

  private static final int MAX_MESSAGE_BYTES = 16 << 20;

  private ClientPlugin() {}

  /** Serves until the host ends it. */
  public static void main(String[] args) throws Exception {
    Plugin.named(NAME)
        .version("1.0.0")
        .requires(ServerPlugin.TEST_SERVICE, ">=1.0.0")
        .requires(ServerPlugin.METRICS_SERVICE, ">=1.0.0")
        .canUse(UNIMPLEMENTED_SERVICE, ">=1.0.0")
        .provides(SERVICE, ClientPlugin::listen)
        .build()
        .serve();
  }

  private static BindableService listen(PluginContext context) {
    Forwarding forwarding = new Forwarding(context.client(AnyStub::of).getChannel());
    try {
      Server unused =
          NettyServerBuilder.forAddress(
                  new InetSocketAddress(
                      InetAddress.getLoopbackAddress(), Integer.parseInt(System.getenv(PORT))))
              .maxInboundMessageSize(MAX_MESSAGE_BYTES)
              .fallbackHandlerRegistry(
                  new HandlerRegistry() {
                    @Override
                    public ServerMethodDefinition<?, ?> lookupMethod(
                        String name, @Nullable String authority) {
                      return ServerMethodDefinition.create(Bytes.method(name), forwarding);
                    }
                  })
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return () -> ServerServiceDefinition.builder(SERVICE).build();
  }

  /** A stub that stands for its channel. */
  private static final class AnyStub extends AbstractStub<AnyStub> {
    private AnyStub(Channel channel, CallOptions options) {
      super(channel, options);
    }

    static AnyStub of(Channel channel) {
      return new AnyStub(channel, CallOptions.DEFAULT);
    }

    @Override
    protected AnyStub build(Channel channel, CallOptions options) {
      return new AnyStub(channel, options);
    }
  }
}
