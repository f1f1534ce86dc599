package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import dev.tenon.core.Plugin;
import dev.tenon.host.PluginHost;
import dev.tenon.host.PluginStatus;
import dev.tenon.host.life.LifePlugin.Behaviour;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Three providers of one service: two processes, and one without a process. {@code
 * -Dtenon.tarpit=N} keeps one of them silent for N seconds.
 *
 * <p>Row: TE-7, TE-8
 */
class DownstreamsTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  /** More than the calls that one connection carries at a time. */
  private static final int STALLED = 150;

  private static final int TARPIT_SECONDS = Integer.getInteger("tenon.tarpit", 1);

  private final AtomicInteger third = new AtomicInteger();
  private TestHome home;

  @BeforeEach
  void makeHome() throws Exception {
    home = TestHome.create();
    home.java("one", Behaviour.ECHO, EchoGrpc.SERVICE_NAME);
    home.java("two", Behaviour.ECHO, EchoGrpc.SERVICE_NAME);
    home.provides("three", EchoGrpc.SERVICE_NAME);
  }

  @AfterEach
  void closeHome() throws Exception {
    home.close();
  }

  private PluginHost start() throws Exception {
    return home.host()
        .stopGrace(Duration.ofSeconds(2))
        .plugin(
            InJvm.of(
                Plugin.named("three")
                    .version("1.0.0")
                    .provides(EchoGrpc.SERVICE_NAME, context -> new Counting())
                    .build()))
        .start();
  }

  private static PluginStatus plugin(PluginHost host, String name) {
    return host.plugins().stream()
        .filter(status -> status.name().value().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static EchoGrpc.EchoFutureStub to(PluginHost host, String name) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("tenon-to", Metadata.ASCII_STRING_MARSHALLER),
        plugin(host, name).runtimeId().value());
    return host.client(EchoGrpc::newFutureStub)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  private static EchoResponse call(PluginHost host, String name, EchoRequest request)
      throws Exception {
    return to(host, name).unary(request).get(60, TimeUnit.SECONDS);
  }

  /**
   * Each call reaches the provider that it names and no other; the table lists all.
   *
   * <p>Row: RT-12
   */
  @Test
  void calls_ofOne_neverTouchAnother() throws Exception {
    try (PluginHost host = start()) {
      for (int i = 0; i < 20; i++) {
        assertThat(call(host, "one", EchoRequest.getDefaultInstance()).getPid())
            .isEqualTo(plugin(host, "one").pid().getAsLong());
      }
      for (int i = 0; i < 10; i++) {
        assertThat(call(host, "two", EchoRequest.getDefaultInstance()).getPid())
            .isEqualTo(plugin(host, "two").pid().getAsLong());
      }
      assertThat(third).hasValue(0);
      assertThat(call(host, "three", EchoRequest.getDefaultInstance()).getPid()).isZero();

      assertThat(third).hasValue(1);
      assertThat(host.calls())
          .extracting(count -> count.provider() + " " + count.calls() + " " + count.failed())
          .containsExactlyInAnyOrder("one 20 0", "two 10 0", "three 1 0");
    }
  }

  /**
   * A provider that answers nothing keeps its own calls, and slows nobody else's.
   *
   * <p>Row: RT-12
   */
  @Test
  void stalledProvider_doesNotHoldTheOthers() throws Exception {
    try (PluginHost host = start()) {
      List<ListenableFuture<EchoResponse>> stalled = new ArrayList<>();
      EchoRequest hang = EchoRequest.newBuilder().setHang(true).build();
      for (int i = 0; i < STALLED; i++) {
        stalled.add(to(host, "two").unary(hang));
      }
      await().atMost(SOON).until(() -> plugin(host, "two").inFlight() == STALLED);

      for (int i = 0; i < 50; i++) {
        call(host, "one", EchoRequest.getDefaultInstance());
        call(host, "three", EchoRequest.getDefaultInstance());
      }

      assertThat(stalled).noneMatch(ListenableFuture::isDone);
      assertThat(plugin(host, "one").inFlight()).isZero();
      stalled.forEach(call -> call.cancel(true));
      await().atMost(SOON).until(() -> plugin(host, "two").inFlight() == 0);
    }
  }

  /**
   * A provider whose connections stay open and bring nothing, like a host behind a dead link: its
   * calls end with their deadline, others' are answered all the time, and when it is back so are
   * its own.
   *
   * <p>Row: TE-8
   */
  @Test
  void silentProvider_othersAnswerMeanwhile() throws Exception {
    try (PluginHost host = start()) {
      assertThat(call(host, "two", EchoRequest.getDefaultInstance()).getPid()).isPositive();
      long pid = plugin(host, "two").pid().getAsLong();
      ProcessTable.signal("STOP", pid);
      try {
        long until = System.nanoTime() + Duration.ofSeconds(TARPIT_SECONDS).toNanos();
        do {
          ListenableFuture<EchoResponse> silent =
              to(host, "two")
                  .withDeadlineAfter(500, TimeUnit.MILLISECONDS)
                  .unary(EchoRequest.getDefaultInstance());
          for (int i = 0; i < 20; i++) {
            call(host, "one", EchoRequest.getDefaultInstance());
            call(host, "three", EchoRequest.getDefaultInstance());
          }
          assertThatThrownBy(() -> silent.get(60, TimeUnit.SECONDS))
              .hasMessageMatching("(?s).*(DEADLINE_EXCEEDED|UNAVAILABLE).*");
        } while (System.nanoTime() < until);
      } finally {
        ProcessTable.signal("CONT", pid);
      }
      await()
          .atMost(SOON)
          .ignoreExceptions()
          .until(() -> call(host, "two", EchoRequest.getDefaultInstance()).getPid() == pid);
    }
  }

  /**
   * What a payload says is in no file that the host or the plugins' side of it wrote, and in no log
   * line, however the call ended.
   *
   * <p>Row: RT-20
   */
  @Test
  void payload_isWrittenNowhere() throws Exception {
    String canary = "canary-6b1f0c52d94e";
    EchoRequest request =
        EchoRequest.newBuilder().setPayload(ByteString.copyFromUtf8(canary)).build();
    try (HostLog log = HostLog.open()) {
      try (PluginHost host = start()) {
        assertThat(call(host, "one", request).getPayload().toStringUtf8()).isEqualTo(canary);
        ListenableFuture<EchoResponse> cancelled =
            to(host, "two").unary(request.toBuilder().setHang(true).build());
        await().atMost(SOON).until(() -> plugin(host, "two").inFlight() == 1);
        cancelled.cancel(true);
        ListenableFuture<EchoResponse> lost =
            to(host, "one").unary(request.toBuilder().setHang(true).build());
        await().atMost(SOON).until(() -> plugin(host, "one").inFlight() == 1);
        host.revoke(plugin(host, "one").runtimeId());
        await().atMost(SOON).until(lost::isDone);
        assertNoFileHas(canary);
      }
      assertNoFileHas(canary);
      assertThat(log.lines()).isNotEmpty().noneMatch(line -> line.contains(canary));
    }
  }

  private void assertNoFileHas(String canary) throws Exception {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(home.root())) {
      files = walk.filter(Files::isRegularFile).toList();
    }
    assertThat(files).anyMatch(file -> file.endsWith("audit.jsonl"));
    for (Path file : files) {
      assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
          .as("%s", file)
          .doesNotContain(canary);
    }
  }

  /** Counts its calls. */
  private final class Counting extends EchoGrpc.EchoImplBase {
    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      third.incrementAndGet();
      response.onNext(EchoResponse.getDefaultInstance());
      response.onCompleted();
    }
  }
}
