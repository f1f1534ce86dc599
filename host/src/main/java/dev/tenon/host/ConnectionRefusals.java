package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.NotAuthenticatedException.Why;
import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.audit.AuditLog;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.transport.ConnectionCap;
import dev.tenon.transport.Door;
import dev.tenon.transport.HandshakeFault;
import dev.tenon.transport.Source;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts the connections that are refused for who made them, or because there are as many as there
 * may be, and puts them on record: of those with one listener and one reason the first in an
 * interval as it is, and all others of the interval as one record with their number. There are few
 * listeners and reasons, so that no flood can fill the log. Thread-safe; waits for nothing.
 */
final class ConnectionRefusals implements AutoCloseable {
  /** How often those that were only counted are put on record. */
  static final Duration INTERVAL = Duration.ofMinutes(1);

  /** How many sources one record names, and how many runs. */
  static final int MOST_SOURCES = 8;

  /** Where connections to plugins' servers come from. */
  private static final Source HOST = new Source("host");

  /**
   * What tells refusals apart: a plane, {@code server} for a plugin's, or none where that is not
   * known; and a reason.
   */
  private record Kind(@Nullable String plane, String reason) {}

  /*
   * `totals` and `open` are guarded by `this`, which is held for a look into them. The log is told
   * outside of it.
   */
  private final Map<String, Long> totals = new TreeMap<>();
  private Map<Kind, Later> open = new LinkedHashMap<>();
  private final AuditLog log;
  private final InstantSource clock;

  ConnectionRefusals(AuditLog log, InstantSource clock) {
    this.log = requireNonNull(log, "log");
    this.clock = requireNonNull(clock, "clock");
  }

  /** Returns who is told of what the listener of {@code plane} refuses. */
  Door.Refusals of(String plane) {
    return new Door.Refusals() {
      @Override
      public void refused(Source source, HandshakeFault fault) {
        note(new Kind(plane, fault.reason()), Optional.empty(), source);
      }

      @Override
      public void overCap(Source source, Optional<SpiffeId> peer, ConnectionCap cap) {
        Optional<RuntimeId> run =
            peer.filter(SpiffeId.OfPlugin.class::isInstance)
                .map(id -> ((SpiffeId.OfPlugin) id).runtimeId());
        note(new Kind(plane, cap.reason()), run, source);
      }
    };
  }

  /** Notes that a connection of {@code plugin} was refused right after its handshake. */
  void refused(Optional<RuntimeId> plugin, Why why, Source source) {
    String reason = why.name().toLowerCase(Locale.ROOT);
    note(new Kind(null, reason), plugin, source);
  }

  /**
   * Notes that a connection of another host, or of nobody, was refused right after its handshake.
   */
  void refusedHost(Optional<SpiffeId.OfHost> host, Why why, Source source) {
    Kind kind = new Kind("hosts", why.name().toLowerCase(Locale.ROOT));
    note(kind, host.map(SpiffeId.OfHost::nameBehind).orElse(null), source);
  }

  /** Notes that the host refused the server of {@code run}, to which it had connected. */
  void refusedServer(RuntimeId run, Why why) {
    String reason = why.name().toLowerCase(Locale.ROOT);
    note(new Kind("server", reason), Optional.of(run), HOST);
  }

  private void note(Kind kind, Optional<RuntimeId> plugin, Source source) {
    note(kind, plugin.map(RuntimeId::value).orElse(null), source);
  }

  private void note(Kind kind, @Nullable String actor, Source source) {
    Instant now = clock.instant();
    synchronized (this) {
      totals.merge(kind.reason(), 1L, Long::sum);
      Later later = open.get(kind);
      if (later != null) {
        later.add(source, actor, now);
        return;
      }
      open.put(kind, new Later());
    }
    write(kind, actor, now, Map.of("reason", kind.reason(), "source", source.name()));
  }

  /** Puts on record what was only counted, and ends the interval. */
  void flush() {
    Map<Kind, Later> ended;
    synchronized (this) {
      ended = open;
      open = new LinkedHashMap<>();
    }
    ended.forEach(
        (kind, later) -> {
          if (later.count > 0) {
            write(kind, null, later.last, later.details(kind.reason()));
          }
        });
  }

  private void write(Kind kind, @Nullable String actor, Instant when, Map<String, String> details) {
    try {
      log.note(
          new AuditEvent(
              when,
              "connection",
              actor,
              "connect",
              kind.plane(),
              AuditEvent.Outcome.DENIED,
              details));
    } catch (AuditFailedException e) {
      // The log counts it for when it can be written again; the peer is refused either way.
    }
  }

  /** Returns how many were refused, by reason. */
  synchronized Map<String, Long> totals() {
    return Map.copyOf(totals);
  }

  /** Puts on record what was only counted. */
  @Override
  public void close() {
    flush();
  }

  /** Those of one kind after the first, in one interval. */
  private static final class Later {
    private final Set<String> sources = new LinkedHashSet<>();
    private final Set<String> runs = new LinkedHashSet<>();
    private long count;
    private Instant first = Instant.MAX;
    private Instant last = Instant.MIN;

    void add(Source source, @Nullable String run, Instant when) {
      count++;
      first = when.isBefore(first) ? when : first;
      last = when.isAfter(last) ? when : last;
      if (sources.size() < MOST_SOURCES) {
        sources.add(source.name());
      }
      if (run != null && runs.size() < MOST_SOURCES) {
        runs.add(run);
      }
    }

    Map<String, String> details(String reason) {
      Map<String, String> details = new LinkedHashMap<>();
      details.put("reason", reason);
      details.put("count", String.valueOf(count));
      details.put("since", first.toString());
      details.put("sources", String.join(" ", sources));
      if (!runs.isEmpty()) {
        details.put("runs", String.join(" ", runs));
      }
      return details;
    }
  }
}
