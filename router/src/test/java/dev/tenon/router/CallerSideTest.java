package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How long a caller waits, and where it wants its events. */
final class CallerSideTest {
  private final AtomicLong nanos = new AtomicLong();

  private CallerSide within(long millis) {
    Deadline deadline =
        Deadline.after(
            millis,
            TimeUnit.MILLISECONDS,
            new Deadline.Ticker() {
              @Override
              public long nanoTime() {
                return nanos.get();
              }
            });
    return new ChannelCaller(CallOptions.DEFAULT.withDeadline(deadline), Context.ROOT);
  }

  @Test
  void remaining_withoutDeadline_anHour() {
    CallerSide side = new ChannelCaller(CallOptions.DEFAULT, Context.ROOT);

    assertThat(side.remaining()).isEqualTo(Duration.ofHours(1));
    assertThat(side.isLate()).isFalse();
    assertThat(side.isPastDeadline()).isFalse();
  }

  @Test
  void remaining_untilTheDeadline_lateBeforeItIsOver() {
    CallerSide side = within(100);
    assertThat(side.remaining()).isEqualTo(Duration.ofMillis(100));

    nanos.set(TimeUnit.MILLISECONDS.toNanos(50));
    assertThat(side.isLate()).as("50 ms are left").isFalse();
    assertThat(side.isGone()).isFalse();

    nanos.incrementAndGet();
    assertThat(side.isLate()).isTrue();
    assertThat(side.isGone()).isTrue();
    assertThat(side.isPastDeadline()).isFalse();

    nanos.set(TimeUnit.SECONDS.toNanos(1));
    assertThat(side.remaining()).isZero();
    assertThat(side.isPastDeadline()).isTrue();
  }

  @Test
  void isGone_contextCancelled_whateverTheDeadline() {
    Context.CancellableContext context = Context.ROOT.withCancellation();
    CallerSide side = new ChannelCaller(CallOptions.DEFAULT, context);
    assertThat(side.isGone()).isFalse();

    context.cancel(null);

    assertThat(side.isGone()).isTrue();
    assertThat(side.isLate()).isFalse();
  }

  /** In the caller's context and executor; here, where that takes no more work. */
  @Test
  void execute_whereTheCallerWantsIt_orHere() {
    Context.Key<String> key = Context.key("test");
    Context context = Context.ROOT.withValue(key, "the caller's");
    List<Runnable> queued = new ArrayList<>();
    List<String> seen = new ArrayList<>();
    Runnable step = () -> seen.add(String.valueOf(key.get()));

    new ChannelCaller(CallOptions.DEFAULT, context).execute(step);
    assertThat(seen).hasSize(1);
    new ChannelCaller(CallOptions.DEFAULT.withExecutor(queued::add), context).execute(step);
    assertThat(seen).hasSize(1);
    queued.forEach(Runnable::run);
    assertThat(seen).hasSize(2);
    CallOptions closed =
        CallOptions.DEFAULT.withExecutor(
            task -> {
              throw new RejectedExecutionException("closed");
            });
    new ChannelCaller(closed, context).execute(step);

    assertThat(seen).containsExactly("the caller's", "the caller's", "the caller's");
  }
}
