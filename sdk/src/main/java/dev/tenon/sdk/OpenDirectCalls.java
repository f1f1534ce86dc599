package dev.tenon.sdk;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.transport.EndableCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The calls that direct callers have open here, each under the newest grant that was shown for it,
 * and which grants the host has ended. Thread-safe.
 */
final class OpenDirectCalls {
  /** How often it is looked whether a grant has expired under a call. */
  static final Duration LOOK = Duration.ofMillis(250);

  /** More than a host keeps introductions of all its plugins. */
  static final int MAX_ENDED = 20_000;

  /*
   * A call is in `open` before it is asked whether its grant was ended, and a grant is in `ended` before
   * the open calls are looked through: so a call that comes meanwhile is seen there, or sees it here.
   */
  private final Set<Open<?, ?>> open = ConcurrentHashMap.newKeySet();
  private final Map<String, Instant> ended = new ConcurrentHashMap<>();
  private final InstantSource clock;

  OpenDirectCalls(InstantSource clock) {
    this.clock = clock;
  }

  /** Looks from now on, on {@code timer}, for what has expired. */
  void watch(Timer timer) {
    var unused =
        timer.after(
            LOOK,
            () -> {
              expire();
              watch(timer);
            });
  }

  private void expire() {
    Instant now = clock.instant();
    open.stream().filter(call -> !now.isBefore(call.grant.expires())).forEach(Open::end);
    ended.values().removeIf(until -> now.isAfter(until));
  }

  /**
   * Checks that the host has not ended {@code grant}.
   *
   * @throws DirectRefusedException if it has
   */
  void requireNotEnded(ShownGrant grant) throws DirectRefusedException {
    if (ended.containsKey(grant.serial())) {
      throw new DirectRefusedException(DirectRefusal.ENDED);
    }
  }

  /** Begins {@code call} under {@code grant}. */
  <Q, R> ServerCall.Listener<Q> begin(
      ShownGrant grant,
      String method,
      ServerCall<Q, R> call,
      Metadata headers,
      ServerCallHandler<Q, R> next) {
    Open<Q, R> begun = new Open<>(grant, method, call);
    open.add(begun);
    ServerCall.Listener<Q> listener;
    try {
      listener = begun.listener(next.startCall(begun, headers), () -> open.remove(begun));
    } catch (RuntimeException | Error e) {
      open.remove(begun);
      throw e;
    }
    if (ended.containsKey(grant.serial())) {
      begun.end();
    }
    return listener;
  }

  /** Notes that a caller has shown {@code newer}: its calls go on for as long as that lives. */
  void shown(ShownGrant newer) {
    for (Open<?, ?> call : open) {
      if (newer.succeeds(call.grant, call.method)) {
        call.grant = newer;
      }
    }
  }

  /** Accepts no call under {@code serials} any more, which the host has ended. */
  void end(Collection<String> serials, OpenCalls calls) {
    Instant until = clock.instant().plus(ShownGrant.MAX_LIFE).plus(IssuedIdentity.MAX_SKEW);
    for (String serial : serials) {
      if (ended.size() >= MAX_ENDED) {
        endAll(); // A host that ends more than it ever granted is not what it was.
        return;
      }
      ended.put(serial, until);
    }
    if (calls == OpenCalls.CUT) {
      open.stream().filter(call -> serials.contains(call.grant.serial())).forEach(Open::end);
    }
  }

  /** Ends all calls: nobody may call any more. */
  void endAll() {
    open.forEach(Open::end);
  }

  /** One call that has not ended. */
  private static final class Open<Q, R> extends EndableCall<Q, R> {
    private final String method;

    /** One of the JVM's own costs more than the rest of a set's work. */
    private final int hash = ThreadLocalRandom.current().nextInt();

    private volatile ShownGrant grant;

    Open(ShownGrant grant, String method, ServerCall<Q, R> call) {
      super(call);
      this.grant = grant;
      this.method = method;
    }

    @Override
    public int hashCode() {
      return hash;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return this == other;
    }

    void end() {
      endUnder(RefusalStatus.of(Refusal.GRANT_NOT_ACCEPTED));
    }
  }
}
