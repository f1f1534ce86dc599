package dev.tenon.host.life;

import com.google.protobuf.ByteString;
import dev.tenon.core.Plugin;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The process of a provider that answers with its name, or fails while the test wants it to. */
final class FailingPlugin {
  private FailingPlugin() {}

  /** Serves the plugin {@code args[0]} until the host ends it. */
  public static void main(String[] args) throws Exception {
    Path home = Path.of(System.getenv("TEST_HOME"));
    Plugin.named(args[0])
        .version("1.0.0")
        .provides(EchoGrpc.SERVICE_NAME, context -> new Failing(args[0], home))
        .build()
        .serve();
  }

  /** Returns the file that makes {@code provider} fail while it is there. */
  static Path fails(Path home, String provider) {
    return home.resolve(provider + "-fails");
  }

  /** Returns the file that grows by a byte with each call that reaches {@code provider}. */
  static Path calls(Path home, String provider) {
    return home.resolve(provider + "-calls");
  }

  private static final class Failing extends EchoGrpc.EchoImplBase {
    private final String name;
    private final Path home;

    Failing(String name, Path home) {
      this.name = name;
      this.home = home;
    }

    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      try {
        Files.write(
            calls(home, name), new byte[1], StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      if (Files.exists(fails(home, name))) {
        response.onError(Status.UNAVAILABLE.asException());
        return;
      }
      response.onNext(EchoResponse.newBuilder().setPayload(ByteString.copyFromUtf8(name)).build());
      response.onCompleted();
    }
  }
}
