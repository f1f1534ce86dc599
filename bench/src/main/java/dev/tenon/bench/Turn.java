package dev.tenon.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Which of many a thread takes next, and how much of a processor it has had: on a busy machine the
 * clock also counts the others.
 */
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.EVENTS)
public class Turn {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /** CPU time of this thread in an iteration, in nanoseconds. */
  public long cpuNanos;

  /** How many times something was taken in an iteration. */
  public long taken;

  private int last;
  private long begun;

  /** Makes a thread's first turn. */
  public Turn() {}

  /** Begins an iteration. */
  @Setup(Level.Iteration)
  public void begin() {
    begun = THREADS.getCurrentThreadCpuTime();
  }

  /** Ends an iteration. */
  @TearDown(Level.Iteration)
  public void end() {
    cpuNanos = THREADS.getCurrentThreadCpuTime() - begun;
  }

  /** Returns which of {@code size}, a power of two, is next. */
  int next(int size) {
    taken++;
    last = (last + 1) & (size - 1);
    return last;
  }
}
