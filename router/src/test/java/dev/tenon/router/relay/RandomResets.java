package dev.tenon.router.relay;

import dev.tenon.transport.Loop;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.ClientCalls;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.lang.ref.Cleaner;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Calls over mTLS through a relay, most of which end in the middle; and what is left of them. A
 * program of its own, for Netty's search for leaks: the argument says for how many seconds.
 */
final class RandomResets {
  private static final Cleaner CLEANER = Cleaner.create();

  private static final int CALLS = 60;

  /** More resets on one connection in 10 s, and it ends as a flood: see FloodLimits. */
  private static final int MOST_CALLS_OF_CONNECTION = 300;

  private final Random random = new Random();
  private final Plain plain;
  private ManagedChannel caller;
  private long calls;

  private RandomResets(Plain plain) throws Exception {
    this.plain = plain;
    this.caller = plain.caller();
  }

  /** Runs, and prints what is left. */
  public static void main(String[] arguments) throws Exception {
    long nanos = Duration.ofSeconds(Long.parseLong(arguments[0])).toNanos();
    try (Plain plain = new Plain(new RelayedCallsTest.Service())) {
      RandomResets resets = new RandomResets(plain);
      long begun = System.nanoTime();
      resets.roundsUntil(begun + nanos / 4);
      long[] before = memory();
      resets.roundsUntil(begun + nanos);
      long[] after = memory();
      System.out.println(
          "calls="
              + resets.calls
              + " deadlines="
              + resets.deadlines()
              + " heapKiB="
              + (after[0] - before[0]) / 1024
              + " directKiB="
              + (after[1] - before[1]) / 1024);
    }
  }

  private void roundsUntil(long end) throws Exception {
    do {
      if (calls % MOST_CALLS_OF_CONNECTION == 0) {
        plain.end(caller);
        caller = plain.caller();
      }
      round();
    } while (System.nanoTime() - end < 0);
  }

  /** Begins calls, ends most of them somewhere, and waits until the relay has none. */
  private void round() throws Exception {
    for (int i = 0; i < CALLS; i++) {
      call();
      calls++;
    }
    byte[] last =
        ClientCalls.blockingUnaryCall(
            caller, RelayedCallsTest.ECHO, CallOptions.DEFAULT, new byte[1]);
    if (last.length != 1) {
      throw new AssertionError("an echo of " + last.length + " bytes");
    }
    long limit = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (plain.told.stream().filter("over"::equals).count() < plain.begun.get()) {
      if (System.nanoTime() - limit > 0) {
        throw new AssertionError("calls that are never over");
      }
      Thread.onSpinWait();
    }
    plain.told.clear();
    plain.begun.set(0);
  }

  private void call() {
    CallOptions options =
        random.nextInt(4) == 0
            ? CallOptions.DEFAULT.withDeadlineAfter(1 + random.nextInt(30), TimeUnit.MILLISECONDS)
            : CallOptions.DEFAULT;
    ClientCall<byte[], byte[]> call =
        caller.newCall(
            random.nextInt(3) == 0 ? RelayedCallsTest.NEVER : RelayedCallsTest.ECHO, options);
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    call.request(random.nextInt(4));
    for (int i = random.nextInt(4); i > 0; i--) {
      call.sendMessage(new byte[random.nextInt(random.nextInt(5) == 0 ? 60_000 : 500)]);
    }
    if (random.nextInt(3) == 0) {
      call.halfClose();
    }
    CompletableFuture.delayedExecutor(random.nextInt(20), TimeUnit.MILLISECONDS)
        .execute(() -> call.cancel("at random", null));
  }

  private int deadlines() throws Exception {
    int all = 0;
    for (Loop loop : plain.transport.loops()) {
      CompletableFuture<Integer> size = new CompletableFuture<>();
      loop.execute(() -> size.complete(plain.loops.of(loop).deadlines().size()));
      all += size.get(30, TimeUnit.SECONDS);
    }
    return all;
  }

  /** Leaves something to clean up after a collection, behind what else is there. */
  private static void leave(CountDownLatch cleaned) {
    var unused = CLEANER.register(new Object(), cleaned::countDown);
  }

  /** Returns bytes of the heap after collections, and of Netty's direct memory. */
  private static long[] memory() throws Exception {
    for (int i = 0; i < 3; i++) {
      CountDownLatch cleaned = new CountDownLatch(1);
      leave(cleaned);
      while (cleaned.getCount() > 0) {
        System.gc();
        boolean unused = cleaned.await(50, TimeUnit.MILLISECONDS);
      }
    }
    Runtime runtime = Runtime.getRuntime();
    long direct =
        ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider provider
            ? provider.metric().usedDirectMemory()
            : 0;
    return new long[] {runtime.totalMemory() - runtime.freeMemory(), direct};
  }
}
