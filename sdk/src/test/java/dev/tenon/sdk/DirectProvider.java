package dev.tenon.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Tests of a provider that plugins may call directly, over real mTLS. */
abstract class DirectProvider {
  static final Duration SOON = Duration.ofSeconds(60);

  private Path folder;
  DirectHost host;
  @Nullable Channel channel;

  @BeforeEach
  void start() throws Exception {
    folder = Files.createTempDirectory(Path.of("/tmp"), "tdg"); // Paths of sockets are short.
    host = new DirectHost(folder);
  }

  @AfterEach
  void stop() throws Exception {
    host.close();
    try (java.util.stream.Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  static EchoResponse call(Channel channel) {
    return EchoGrpc.newBlockingStub(channel)
        .withDeadlineAfter(60, TimeUnit.SECONDS)
        .unary(EchoRequest.getDefaultInstance());
  }

  /**
   * Returns how a call with these grants ends; the service does not learn of one that is refused.
   */
  Status outcome(Channel channel, String... grants) {
    int before = host.provider.provided.deadlines.size();
    try {
      var unused = call(DirectHost.showing(channel, grants));
      return Status.OK;
    } catch (StatusRuntimeException e) {
      assertThat(host.provider.provided.deadlines).hasSize(before);
      return e.getStatus();
    }
  }

  void assertRefused(String... grants) {
    Status status = outcome(channel(), grants);
    assertThat(status.getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(status.getDescription()).isEqualTo("grant not accepted");
  }

  static Status.Code code(Runnable call) {
    try {
      call.run();
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }

  /** A call that hangs in the provider until it is told, or cut off. */
  record Stream(CompletableFuture<Status> ended) {
    boolean isOpen() {
      return !ended.isDone();
    }

    Status end() {
      return ended.orTimeout(SOON.toSeconds(), TimeUnit.SECONDS).join();
    }
  }

  Stream stream(Channel channel, String grant) {
    int before = host.provider.provided.hanging();
    CompletableFuture<Status> ended = new CompletableFuture<>();
    EchoGrpc.newStub(DirectHost.showing(channel, grant))
        .unary(
            EchoRequest.newBuilder().setHang(true).build(),
            new StreamObserver<>() {
              @Override
              public void onNext(EchoResponse response) {}

              @Override
              public void onError(Throwable error) {
                ended.complete(Status.fromThrowable(error));
              }

              @Override
              public void onCompleted() {
                ended.complete(Status.OK);
              }
            });
    await().atMost(SOON).until(() -> host.provider.provided.hanging() > before);
    return new Stream(ended);
  }

  /** Returns the one connection of the caller that these tests share. */
  Channel channel() {
    Channel shared = channel == null ? host.direct() : channel;
    channel = shared;
    return shared;
  }
}
