package dev.tenon.host;

import dev.tenon.auth.Issued;
import dev.tenon.core.Callback;
import dev.tenon.core.Grant;
import dev.tenon.core.Identity;
import dev.tenon.core.Reason;
import dev.tenon.core.RefusedException;
import dev.tenon.core.ServiceName;
import dev.tenon.host.control.GrantDesk;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * Shows a grant with each call of a plugin inside the host that needs one, by the same rules as for
 * a process: asked for with the first call, and refreshed by the first one after half of its life.
 * Thread-safe; what it asks for is on record when the call starts.
 */
final class InProcessGrants implements ClientInterceptor {
  private static final System.Logger LOG = System.getLogger(InProcessGrants.class.getName());

  private final GrantDesk desk;
  private final Identity plugin;
  private final InstantSource clock;

  /* Whoever replaces an entry releases what it gave in vain; no lock is held while the desk works. */
  private final ConcurrentMap<ServiceName, Held> held = new ConcurrentHashMap<>();

  /** A grant, and from when on it is to be refreshed. */
  private record Held(GrantDesk.Given given, Issued token, Instant refresh) {
    boolean isLive() {
      return given.grant().isLive();
    }

    String shown() {
      return given.grant().id() + " " + token.token().exposeForWire();
    }
  }

  InProcessGrants(GrantDesk desk, Identity plugin, InstantSource clock) {
    this.desk = desk;
    this.plugin = plugin;
    this.clock = clock;
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    ClientCall<Q, R> call = next.newCall(method, options);
    Optional<Callback> callback = Callback.current(method.getServiceName());
    if (callback.isPresent()) {
      return callback.get().showing(call);
    }
    ServiceName service = new ServiceName(String.valueOf(method.getServiceName()));
    if (!desk.isOffered(service)) {
      return call;
    }
    return new SimpleForwardingClientCall<>(call) {
      @Override
      public void start(Listener<R> listener, Metadata headers) {
        headers.discardAll(Grant.HEADER);
        current(service).ifPresent(grant -> headers.put(Grant.HEADER, grant.shown()));
        super.start(listener, headers);
      }
    };
  }

  /** Returns the grant to show; without one, the router refuses the call. */
  private Optional<Held> current(ServiceName service) {
    @Nullable Held before = held.get(service);
    boolean isLive = before != null && before.isLive();
    if (before != null && isLive && clock.instant().isBefore(before.refresh())) {
      return Optional.of(before);
    }
    try {
      if (before != null && isLive) {
        Held next = until(before.given(), desk.refresh(plugin, before.given().grant().id()));
        held.replace(service, before, next);
        return Optional.of(next);
      }
      Held next = asked(service);
      boolean isFirst =
          before == null
              ? held.putIfAbsent(service, next) == null
              : held.replace(service, before, next);
      if (isFirst) {
        return Optional.of(next);
      }
      desk.release(plugin, next.given().grant().id());
      return Optional.ofNullable(held.get(service));
    } catch (RefusedException e) {
      LOG.log(Level.DEBUG, "{0}: no grant of {1}: {2}", plugin.actor(), service, e.getMessage());
      return Optional.ofNullable(before);
    }
  }

  private Held asked(ServiceName service) throws RefusedException {
    Reason reason = new Reason("first call of the service by the plugin");
    GrantDesk.Asked asked = new GrantDesk.Asked(service, Optional.empty(), reason, Set.of());
    GrantDesk.Given given = desk.give(plugin, asked);
    return until(given, given.token());
  }

  private Held until(GrantDesk.Given given, Issued token) {
    Instant now = clock.instant();
    return new Held(given, token, now.plus(Duration.between(now, token.expires()).dividedBy(2)));
  }
}
