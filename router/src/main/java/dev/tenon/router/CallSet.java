package dev.tenon.router;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A set of calls. Each comes and goes once, and links itself, so that it costs no entry.
 * Thread-safe.
 *
 * <p>There are several lists, and a thread adds to one of them: calls come and go on the loop of
 * their connection, so a lock is nearly always free, and never held for more than a few links.
 */
final class CallSet {
  private static final int LISTS = 16;

  private final Ring[] rings = new Ring[LISTS];

  CallSet() {
    for (int i = 0; i < LISTS; i++) {
      rings[i] = new Ring();
    }
  }

  /** What may be in a set, once. */
  abstract static class Member {
    // `ring` is set before the call is known to others; the rest is guarded by it.
    private @Nullable Ring ring;
    private @Nullable Member before;
    private @Nullable Member after;

    Member() {}
  }

  /** The calls of one list, and itself. */
  private static final class Ring extends Member {
    private Member last = this;

    void add(Member call) {
      call.before = last;
      last.after = call;
      call.after = null;
      last = call;
    }

    void remove(Member call) {
      Member before = call.before;
      if (before == null) {
        return;
      }
      Member after = call.after;
      before.after = after;
      if (after == null) {
        last = before;
      } else {
        after.before = before;
      }
      call.before = null;
      call.after = null;
    }
  }

  /** Adds {@code call}, which was in no set. */
  void add(OpenCall call) {
    Ring ring = rings[(int) Thread.currentThread().getId() & (LISTS - 1)];
    ((Member) call).ring = ring;
    synchronized (ring) {
      ring.add(call);
    }
  }

  /** Takes {@code call} out. Idempotent. */
  void remove(OpenCall call) {
    Ring ring = ((Member) call).ring;
    if (ring != null) {
      synchronized (ring) {
        ring.remove(call);
      }
    }
  }

  boolean contains(OpenCall call) {
    Ring ring = ((Member) call).ring;
    if (ring == null) {
      return false;
    }
    synchronized (ring) {
      return ((Member) call).before != null;
    }
  }

  /** Calls {@code action}, under no lock, with each call that is in the set all the while. */
  void forEach(Consumer<OpenCall> action) {
    stream().forEach(action);
  }

  /** Returns the calls that are in the set all the while, and perhaps others that are briefly. */
  Stream<OpenCall> stream() {
    return Stream.of(rings).flatMap(ring -> copy(ring).stream());
  }

  private static List<OpenCall> copy(Ring ring) {
    List<OpenCall> calls = new ArrayList<>();
    synchronized (ring) {
      for (Member call = ((Member) ring).after; call != null; call = call.after) {
        calls.add((OpenCall) requireNonNull(call));
      }
    }
    return calls;
  }
}
