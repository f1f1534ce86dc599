package dev.tenon.sdk;

import dev.tenon.core.Callback;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import java.time.InstantSource;
import java.util.Collection;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Sends calls to their provider itself where the host has introduced this plugin to it, and all
 * others through the host. What asks something of the host goes through it: {@code tenon-to}, a
 * token on somebody's behalf, what was brought along with a call. Thread-safe.
 */
final class DirectCalls implements ClientInterceptor, AutoCloseable {
  private final Introducer client;
  private final Timer timer;
  private final InstantSource clock;
  private final ConcurrentMap<String, DirectPath> paths = new ConcurrentHashMap<>();
  private volatile boolean isOn;

  DirectCalls(Introducer client, Timer timer, InstantSource clock) {
    this.client = client;
    this.timer = timer;
    this.clock = clock;
  }

  /** Takes what the host says now. */
  void told(DirectTold now) {
    isOn = now.calls();
    if (isOn) {
      paths.values().forEach(DirectPath::askAgain);
    } else {
      forget();
    }
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    if (!isOn) {
      return next.newCall(method, options);
    }
    String service = method.getServiceName();
    String name = method.getBareMethodName();
    if (service == null
        || name == null
        || options.getCredentials() != null
        || Callback.isOf(service)) {
      return next.newCall(method, options);
    }
    DirectPath.Way way = path(service).to(name);
    return way == null
        ? next.newCall(method, options)
        : new DirectCall<>(way, method, options, next);
  }

  private DirectPath path(String service) {
    DirectPath known = paths.get(service);
    return known == null
        ? paths.computeIfAbsent(service, added -> new DirectPath(added, client, timer, clock))
        : known;
  }

  /** Returns whether a call of {@code service} since {@code nanos} was refused by a provider. */
  boolean wasRefusedSince(String service, long nanos) {
    DirectPath path = paths.get(service);
    return path != null && path.wasRefusedSince(nanos);
  }

  /** Leaves the ways whose grants are among {@code serials}, which the host has ended. */
  void end(Collection<String> serials, OpenCalls calls) {
    paths.values().forEach(path -> path.ended(serials, calls));
  }

  /** Leaves all ways, with the calls on them: this is another run now, or may not call directly. */
  void forget() {
    paths.values().forEach(DirectPath::close);
  }

  @Override
  public void close() {
    isOn = false;
    forget();
  }
}
