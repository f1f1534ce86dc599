package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.RuntimeId;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Attack R32: a provider that takes calls and never answers holds up nobody else. */
final class TarpitTest {
  private static final RuntimeId ANOTHER_CALLER = new RuntimeId("caller-00000000000000cc");
  private static final int CALLS = 100;

  /**
   * With 100 calls stuck in one provider, calls to another and a registration go on as before.
   *
   * <p>Row: RT-11
   */
  @Test
  void saturatedProvider_holdsUpNeitherOtherCallsNorRegistrations() throws Exception {
    AtomicInteger stuck = new AtomicInteger();
    try (Wire wire = new Wire()) {
      EchoProvider words = new EchoProvider();
      wire.provide(Names.WORDS, Names.ECHO, words);
      wire.provide(
          Names.TARPIT,
          Names.OTHER,
          new OtherGrpc.OtherImplBase() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoResponse> out) {
              stuck.incrementAndGet();
            }
          });
      Wire.Caller caller = wire.enrol(Names.CALLER);
      OtherGrpc.OtherFutureStub toTarpit =
          OtherGrpc.newFutureStub(wire.enrol(ANOTHER_CALLER).channel());
      Duration before = median(caller);
      List<Future<EchoResponse>> waiting = new ArrayList<>();
      for (int i = 0; i < CALLS; i++) {
        waiting.add(toTarpit.unary(EchoRequest.getDefaultInstance()));
      }
      await().atMost(Duration.ofSeconds(60)).until(() -> stuck.get() == CALLS);

      wire.registry.register(Names.claim(Names.WORDS_2, Names.ECHO));
      assertThat(median(caller)).isLessThan(before.multipliedBy(5).plusMillis(100));
      assertThat(waiting).noneMatch(Future::isDone);
    }
  }

  private static Duration median(Wire.Caller caller) {
    List<Long> nanos = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      long start = System.nanoTime();
      Plane.call(caller.channel());
      nanos.add(System.nanoTime() - start);
    }
    Collections.sort(nanos);
    return Duration.ofNanos(nanos.get(50));
  }
}
