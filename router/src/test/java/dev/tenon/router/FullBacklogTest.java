package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.RuntimeId;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import dev.tenon.transport.Endpoint;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A provider whose listener takes no connections: packets to it go nowhere. */
final class FullBacklogTest {
  private static final RuntimeId ANOTHER_CALLER = new RuntimeId("caller-00000000000000cc");
  private static final int CALLS = 500;

  /** More connections than a backlog of 1 holds. */
  private static final int FILLING = 16;

  /** Threads of the JVM and of the libraries that may come meanwhile, whatever the calls do. */
  private static final int SOME_THREADS = 10;

  /**
   * 500 calls wait for a connection to it; meanwhile calls to another provider are answered, on no
   * more threads, and in the end all 500 are unavailable.
   *
   * <p>Row: RT-14
   */
  @Test
  void providerTakesNoConnection_othersAreServedAndItsCallsEnd() throws Exception {
    try (Wire wire = new Wire();
        ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      wire.provide(Names.WORDS, Names.ECHO, new EchoProvider());
      Endpoint nowhere = Endpoint.parse("tcp:127.0.0.1:" + full.getLocalPort());
      var unusedChannel = wire.providedAt(nowhere, Names.TARPIT, Names.OTHER);
      Wire.Caller caller = wire.enrol(Names.CALLER);
      OtherGrpc.OtherStub other = OtherGrpc.newStub(wire.enrol(ANOTHER_CALLER).channel());
      Plane.call(caller.channel());
      List<SocketChannel> filling = fill(full);
      try {
        int threads = ManagementFactory.getThreadMXBean().getThreadCount();
        Ends ends = new Ends();
        for (int i = 0; i < CALLS; i++) {
          other
              .withDeadlineAfter(60, TimeUnit.SECONDS)
              .unary(EchoRequest.getDefaultInstance(), ends);
        }
        for (int i = 0; i < 100; i++) {
          Plane.call(caller.channel());
        }
        assertThat(ManagementFactory.getThreadMXBean().getThreadCount())
            .isLessThan(threads + SOME_THREADS);

        assertThat(ends.left.await(120, TimeUnit.SECONDS)).isTrue();
        assertThat(ends.codes).hasSize(CALLS).containsOnly(Status.Code.UNAVAILABLE);
      } finally {
        for (SocketChannel one : filling) {
          one.close();
        }
      }
    }
  }

  /** Fills the backlog, so that the next connection is neither made nor refused. */
  private static List<SocketChannel> fill(ServerSocket full) throws IOException {
    List<SocketChannel> filling = new ArrayList<>();
    for (int i = 0; i < FILLING; i++) {
      SocketChannel one = SocketChannel.open();
      one.configureBlocking(false);
      var unused = one.connect(new InetSocketAddress(full.getInetAddress(), full.getLocalPort()));
      filling.add(one);
    }
    long until = System.nanoTime() + Duration.ofMillis(200).toNanos();
    while (System.nanoTime() < until) {
      for (SocketChannel one : filling) {
        boolean unused = !one.isConnectionPending() || one.finishConnect();
      }
    }
    assertThat(filling).as("the backlog is full").anyMatch(SocketChannel::isConnectionPending);
    return filling;
  }

  /** How calls ended. */
  private static final class Ends implements StreamObserver<EchoResponse> {
    private final List<Status.Code> codes =
        java.util.Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch left = new CountDownLatch(CALLS);

    @Override
    public void onNext(EchoResponse answer) {}

    @Override
    public void onError(Throwable t) {
      codes.add(Status.fromThrowable(t).getCode());
      left.countDown();
    }

    @Override
    public void onCompleted() {
      codes.add(Status.Code.OK);
      left.countDown();
    }
  }
}
