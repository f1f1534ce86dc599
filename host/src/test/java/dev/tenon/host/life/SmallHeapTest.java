package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.host.life.LifePlugin.Behaviour;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.v1.EnrolRequest;
import dev.tenon.v1.EnrolResponse;
import dev.tenon.v1.EnrolmentGrpc;
import io.grpc.ManagedChannel;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A host with little memory, and strangers who send it more than that. */
@Timeout(300)
class SmallHeapTest {
  private static final String HEAP = "-Xmx48m";
  private static final int CONNECTIONS = 20;

  /** Of all together; more with {@code -Dtenon.enrolments}. */
  private static final int REQUESTS = Integer.getInteger("tenon.enrolments", 2_000);

  /** Just below what the host reads of an enrolment. */
  private static final String LONG = "x".repeat(60_000);

  /**
   * More than twice its heap in requests without a credential, over many connections at a time:
   * each is refused, a plugin that has nothing to do with it is called meanwhile and afterwards,
   * and nothing has failed for want of memory.
   *
   * <p>Attack: O3.
   */
  @Test
  void flood_beyondTheHeap_isRefusedAndTheInnocentIsServed() throws Exception {
    try (TestHome home = TestHome.create()) {
      home.java("echo", Behaviour.ECHO, EchoGrpc.SERVICE_NAME);
      int port = RemoteRestartTest.port();
      Files.write(
          home.root().resolve("listen"),
          List.of("tcp:127.0.0.1:" + port, "tcp:127.0.0.1:0", "tcp:127.0.0.1:0"));
      try (HostProgram host = HostProgram.start(home, Map.of(), HEAP)) {
        String plugin = host.awaitPlugins().get(0).toString();
        host.awaitHealthy();
        host.call();
        assertThat(host.called()).isEqualTo(plugin);
        CountDownLatch left = new CountDownLatch(REQUESTS);
        AtomicInteger answered = new AtomicInteger();
        List<ManagedChannel> strangers = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++) {
          strangers.add(stranger(port));
        }

        for (int i = 0; i < REQUESTS; i++) {
          ask(strangers.get(i % CONNECTIONS), left, answered);
        }
        while (!left.await(100, TimeUnit.MILLISECONDS)) {
          host.call();
          assertThat(host.called()).isEqualTo(plugin);
        }

        host.call();
        assertThat(host.called()).isEqualTo(plugin);
        assertThat(answered).hasValue(0);
        assertThat(host.isAlive()).isTrue();
        strangers.forEach(ManagedChannel::shutdownNow);
      }
      assertThat(Files.readString(home.root().resolve("host-err")))
          .doesNotContain("OutOfMemory", "StackOverflow");
    }
  }

  private static ManagedChannel stranger(int port) throws Exception {
    return NettyChannelBuilder.forAddress("127.0.0.1", port)
        .sslContext(
            GrpcSslContexts.forClient().trustManager(InsecureTrustManagerFactory.INSTANCE).build())
        .build();
  }

  private static void ask(ManagedChannel stranger, CountDownLatch left, AtomicInteger answered) {
    EnrolmentGrpc.newStub(stranger)
        .withDeadlineAfter(2, TimeUnit.MINUTES)
        .enrol(
            EnrolRequest.newBuilder().setEnrolmentToken(LONG).build(),
            new StreamObserver<EnrolResponse>() {
              @Override
              public void onNext(EnrolResponse response) {
                answered.incrementAndGet();
              }

              @Override
              public void onError(Throwable refused) {
                left.countDown();
              }

              @Override
              public void onCompleted() {
                left.countDown();
              }
            });
  }
}
