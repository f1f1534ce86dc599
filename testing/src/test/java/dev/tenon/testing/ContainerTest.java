package dev.tenon.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.google.inject.AbstractModule;
import com.google.inject.Guice;
import com.google.inject.Inject;
import com.google.inject.Injector;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import com.google.protobuf.ByteString;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Plugin;
import dev.tenon.host.HostStartException;
import dev.tenon.host.PluginHost;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoGrpc.EchoBlockingStub;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host in a plain program, and as one part of a container that builds programs. Row: SD-6. */
class ContainerTest {
  private static final ByteString HELLO = ByteString.copyFromUtf8("hello");
  private static final EchoRequest REQUEST = EchoRequest.newBuilder().setPayload(HELLO).build();

  @TempDir Path directory;

  /** What an application adds to its container: a value with a start and a close, no more. */
  private static final class TenonModule extends AbstractModule {
    private final Path directory;

    TenonModule(Path directory) {
      this.directory = directory;
    }

    @Provides
    @Singleton
    PluginHost host() throws HostStartException, ConfigException {
      return start(directory);
    }

    @Provides
    EchoBlockingStub echo(PluginHost host) {
      return host.client(EchoGrpc::newBlockingStub);
    }
  }

  /** A class of the application that knows gRPC alone. */
  private static final class Application {
    private final EchoBlockingStub echo;

    @Inject
    Application(EchoBlockingStub echo) {
      this.echo = echo;
    }

    ByteString run() {
      return echo.unary(REQUEST).getPayload();
    }
  }

  private static final class Echo extends EchoGrpc.EchoImplBase {
    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> observer) {
      observer.onNext(EchoResponse.newBuilder().setPayload(request.getPayload()).build());
      observer.onCompleted();
    }
  }

  private static PluginHost start(Path directory) throws HostStartException, ConfigException {
    Plugin plugin =
        Plugin.named("echo").provides(EchoGrpc.SERVICE_NAME, context -> new Echo()).build();
    return PluginHost.builder()
        .required("*")
        .state(directory.resolve("s"))
        .run(directory.resolve("r"))
        .policy(Policy.parse(new DeclaredPolicy(plugin).toml()))
        .plugin(plugin)
        .start();
  }

  @Test
  void host_inAPlainProgram_startsAndStops() throws Exception {
    PluginHost ended;
    try (PluginHost host = start(directory)) {
      ended = host;
      assertThat(host.client(EchoGrpc::newBlockingStub).unary(REQUEST).getPayload())
          .isEqualTo(HELLO);
    }

    assertThatIllegalStateException()
        .isThrownBy(() -> ended.client(EchoGrpc::newBlockingStub))
        .withMessageContaining("closed");
  }

  @Test
  void host_asSingletonOfAContainer_startsOnceAndStops() {
    Injector container = Guice.createInjector(new TenonModule(directory));
    try (PluginHost host = container.getInstance(PluginHost.class)) {
      assertThat(container.getInstance(Application.class).run()).isEqualTo(HELLO);
      assertThat(container.getInstance(PluginHost.class)).isSameAs(host);
    }
  }
}
