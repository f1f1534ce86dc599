package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.host.launch.LaunchException;
import dev.tenon.host.launch.LaunchedPlugin;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The thread that starts processes. */
class HostThreadsTest {
  private static final int LAUNCHES = 1000;

  @TempDir private Path folder;
  private HostThreads threads;

  /** A run of nothing. */
  private record Nothing() implements LaunchedPlugin {
    @Override
    public OptionalLong pid() {
      return OptionalLong.empty();
    }

    @Override
    public CompletableFuture<Integer> exit() {
      return new CompletableFuture<>();
    }

    @Override
    public boolean owns(long pid) {
      return false;
    }

    @Override
    public void rebootstrap(String bootstrapLine) {}

    @Override
    public void terminate() {}

    @Override
    public void kill() {}

    @Override
    public List<String> lastOutput() {
      return List.of();
    }
  }

  @BeforeEach
  void begin() {
    threads = new HostThreads(new CrashLog(folder.resolve("crash.jsonl"), InstantSource.system()));
  }

  @AfterEach
  void end() {
    threads.close();
  }

  /** However many at once, one after the other, and on one thread that stays. Attack: L23. */
  @Test
  void launch_aThousandAtOnce_oneAfterTheOther() {
    Set<Thread> used = ConcurrentHashMap.newKeySet();
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<CompletableFuture<LaunchedPlugin>> all = new ArrayList<>();
    for (int i = 0; i < LAUNCHES; i++) {
      all.add(
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return threads.launch(
                      () -> {
                        used.add(Thread.currentThread());
                        most.accumulateAndGet(running.incrementAndGet(), Math::max);
                        Thread.onSpinWait();
                        running.decrementAndGet();
                        return new Nothing();
                      });
                } catch (LaunchException e) {
                  throw new AssertionError(e);
                }
              }));
    }
    all.forEach(CompletableFuture::join);

    assertThat(most).hasValue(1);
    assertThat(used).hasSize(1).allMatch(Thread::isAlive);
  }

  /** The kernel would end what a thread has started with that thread: it outlives a failure. */
  @Test
  void launch_failed_keepsTheThread() throws Exception {
    CompletableFuture<Thread> before = new CompletableFuture<>();
    var unused =
        threads.launch(
            () -> {
              before.complete(Thread.currentThread());
              return new Nothing();
            });

    assertThatThrownBy(
            () ->
                threads.launch(
                    () -> {
                      throw new LaunchException("no such thing");
                    }))
        .isInstanceOf(LaunchException.class)
        .hasMessage("no such thing");
    assertThatThrownBy(
            () ->
                threads.launch(
                    () -> {
                      throw new IllegalStateException("broken");
                    }))
        .isInstanceOf(IllegalStateException.class);

    CompletableFuture<Thread> after = new CompletableFuture<>();
    unused =
        threads.launch(
            () -> {
              after.complete(Thread.currentThread());
              return new Nothing();
            });
    assertThat(after.join()).isSameAs(before.join());
  }
}
