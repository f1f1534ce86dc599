package dev.tenon.sdk;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.INFO;

import io.grpc.ConnectivityState;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The way to a provider of one service that does not go through the host: looked for when a method
 * is called, kept while it is used, given up whenever something is wrong with it. Calls wait for
 * none of that: without a way they go through the host. Thread-safe.
 */
final class DirectPath {
  /** The most methods of one introduction; others are called through the host. */
  static final int MAX_METHODS = 16;

  /** The pause after a refusal that will not change soon, or a provider that is out of reach. */
  static final Duration LONG_PAUSE = Duration.ofMinutes(1);

  /** The pause after what may be over soon. */
  static final Duration SHORT_PAUSE = Duration.ofSeconds(2);

  /** How long a provider that lost its callers may take to say so itself. */
  static final Duration LAST_WORDS = Duration.ofMillis(100);

  private static final System.Logger LOG = System.getLogger(DirectPath.class.getName());

  private final String service;
  private final Introducer client;
  private final Timer timer;
  private final InstantSource clock;

  /*
   * `way` is written under `this` and read without it. Whoever takes a way out of it sees to its channel.
   * `asking`, `wanted` and `quietUntil` are touched under `this`; nothing is called out to meanwhile.
   */
  private volatile @Nullable Way way;
  private final Set<String> wanted = new TreeSet<>();
  private boolean asking;
  private Instant quietUntil = Instant.MIN;
  private volatile long refusedAtNanos;
  private volatile boolean wasRefused;

  /** A connection, and what is shown on it. */
  final class Way {
    private final Introduced introduced;
    private final ManagedChannel channel;
    private final AtomicInteger open;
    private volatile boolean isUsed = true;

    Way(Introduced introduced, ManagedChannel channel, AtomicInteger open) {
      this.introduced = introduced;
      this.channel = channel;
      this.open = open;
    }

    ManagedChannel channel() {
      return channel;
    }

    /** Returns whether the connection is the one for {@code next} as well. */
    private boolean leadsTo(Introduced next) {
      return introduced.isSameWayAs(next) && !channel.isShutdown();
    }

    String grant() {
      return introduced.grant();
    }

    /** Notes that a call begins. */
    void opened() {
      isUsed = true;
      open.incrementAndGet();
    }

    /** Notes that a call has ended. */
    void closed() {
      open.decrementAndGet();
    }

    /** Notes that the provider does not accept the grant: another way is to be found. */
    void refused() {
      refusedAtNanos = System.nanoTime();
      wasRefused = true;
      leave(this, SHORT_PAUSE);
      channel.shutdown();
    }
  }

  DirectPath(String service, Introducer client, Timer timer, InstantSource clock) {
    this.service = service;
    this.client = client;
    this.timer = timer;
    this.clock = clock;
  }

  /** Returns the way for a call of {@code method}; null: through the host, now. */
  @Nullable Way to(String method) {
    Way now = way;
    if (now == null || !now.introduced.methods().contains(method)) {
      want(method);
      return null;
    }
    ConnectivityState state = now.channel.getState(/* requestConnection= */ false);
    if (state == ConnectivityState.READY) {
      return clock.instant().isBefore(now.introduced.expires()) ? now : null;
    }
    if (state == ConnectivityState.TRANSIENT_FAILURE || state == ConnectivityState.IDLE) {
      LOG.log(INFO, "{0}: no connection to {1}; through the host", service, now.introduced);
      leave(now, state == ConnectivityState.IDLE ? SHORT_PAUSE : LONG_PAUSE);
      now.channel.shutdown();
    }
    return null;
  }

  /** Returns whether a call that began at {@code nanos} was refused by a provider. */
  boolean wasRefusedSince(long nanos) {
    return wasRefused && refusedAtNanos - nanos >= 0;
  }

  private void want(String method) {
    synchronized (this) {
      if (asking || clock.instant().isBefore(quietUntil)) {
        return;
      }
      if (!wanted.contains(method) && wanted.size() == MAX_METHODS) {
        return;
      }
      wanted.add(method);
      asking = true;
    }
    Context.ROOT.run(this::ask); // It is for all calls, and does not end with the one served now.
  }

  private void ask() {
    Way before;
    Set<String> methods;
    synchronized (this) {
      before = way;
      methods = Set.copyOf(wanted);
    }
    var unused =
        client
            .ask(
                service,
                methods,
                before == null ? Optional.empty() : Optional.of(before.introduced.provider()))
            .thenAccept(introduced -> take(introduced, methods))
            .whenComplete(
                (done, failure) -> {
                  if (failure != null) {
                    notIntroduced(failure);
                  }
                });
  }

  private void take(Introduced introduced, Set<String> asked) {
    Way before = way;
    Way next =
        before != null && before.leadsTo(introduced)
            ? new Way(introduced, before.channel, before.open)
            : new Way(introduced, client.connect(introduced), new AtomicInteger());
    Way replaced;
    synchronized (this) {
      replaced = way;
      way = next;
      asking = false;
      wanted.retainAll(introduced.methods()); // what is not granted now may be asked for later
      quietUntil =
          introduced.methods().containsAll(asked) ? Instant.MIN : clock.instant().plus(LONG_PAUSE);
    }
    if (replaced != null && replaced.channel != next.channel) {
      replaced.channel.shutdown();
    }
    if (next.open.get() > 0) {
      client.present(next.channel, introduced.grant());
    }
    LOG.log(DEBUG, "{0}: {1}", service, introduced);
    plan(next, introduced.halfLife());
  }

  private void notIntroduced(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    Status status = Status.fromThrowable(cause == null ? failure : cause);
    boolean isPassing =
        switch (status.getCode()) {
          case UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNAUTHENTICATED, INTERNAL ->
              true;
          default -> false;
        };
    LOG.log(INFO, "{0}: through the host: {1}", service, status);
    Way kept = null;
    Way left = null;
    synchronized (this) {
      asking = false;
      quietUntil = clock.instant().plus(isPassing ? SHORT_PAUSE : LONG_PAUSE);
      if (isPassing) {
        kept = way;
      } else {
        left = way;
        way = null;
        wanted.clear();
      }
    }
    if (left != null) {
      left.channel.shutdown(); // The provider ends what is open there when the grant expires.
    }
    if (kept != null) {
      plan(kept, SHORT_PAUSE);
    }
  }

  private void plan(Way planned, Duration pause) {
    var unused = timer.after(pause, () -> renew(planned));
  }

  /** Renews what is used, and gives up what is not or has expired. */
  private void renew(Way planned) {
    boolean isOver = !clock.instant().isBefore(planned.introduced.expires());
    synchronized (this) {
      if (way != planned || asking) {
        return;
      }
      if (!isOver && (planned.isUsed || planned.open.get() > 0)) {
        asking = true;
      } else {
        way = null;
        wanted.clear();
      }
    }
    if (way == planned) {
      ask();
    } else {
      planned.channel.shutdown();
    }
  }

  private boolean leave(Way left, Duration pause) {
    synchronized (this) {
      if (way != left) {
        return false;
      }
      way = null;
      quietUntil = clock.instant().plus(pause);
      return true;
    }
  }

  /** Leaves the way whose grant is among {@code serials}, which the host has ended. */
  void ended(Collection<String> serials, OpenCalls calls) {
    Way now = way;
    if (now != null && serials.contains(now.introduced.serial()) && leave(now, Duration.ZERO)) {
      now.channel.shutdown();
      if (calls == OpenCalls.CUT) {
        var unused = timer.after(LAST_WORDS, now.channel::shutdownNow);
      }
    }
  }

  /** Asks again at the next call: the policy has changed. */
  synchronized void askAgain() {
    quietUntil = Instant.MIN;
  }

  /** Leaves whatever way there is, with the calls on it. */
  void close() {
    Way left;
    synchronized (this) {
      left = way;
      way = null;
      wanted.clear();
      quietUntil = Instant.MIN;
    }
    if (left != null) {
      left.channel.shutdownNow();
    }
  }
}
