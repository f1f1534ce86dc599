package dev.tenon.router;

import dev.tenon.auth.limit.Limited;
import dev.tenon.core.Identity;
import dev.tenon.core.SpiffeId;
import dev.tenon.transport.Peer;
import io.grpc.Attributes;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the calls of one connection need each time, made once. It decides nothing. For the loop of
 * the connection alone.
 */
final class KnownConnection {
  /** How many callers behind another host are known at once; when another comes, all are anew. */
  static final int MAX_CALLERS = 256;

  private static final Attributes.Key<KnownConnection> KEY =
      Attributes.Key.create("dev.tenon.known-connection");

  private final Optional<Peer> peer;
  private final String limitedAs;
  private final Map<String, KnownCaller> behind = new HashMap<>();
  private @Nullable KnownCaller plugin;
  private @Nullable String lastPath;
  private @Nullable Limited lastKind;

  private KnownConnection(Attributes attributes) {
    this.peer = Optional.ofNullable(attributes.get(Peer.KEY));
    this.limitedAs = CallRate.who(attributes);
  }

  /** Returns {@code attributes} with a place for what becomes known of their connection. */
  static Attributes addTo(Attributes attributes) {
    return attributes.toBuilder().set(KEY, new KnownConnection(attributes)).build();
  }

  /** Returns what is known of the connection with {@code attributes}. */
  static KnownConnection of(Attributes attributes) {
    KnownConnection known = attributes.get(KEY);
    return known == null ? new KnownConnection(attributes) : known;
  }

  Optional<Peer> peer() {
    return peer;
  }

  /** Returns as whom the limiter knows the peer. */
  String limitedAs() {
    return limitedAs;
  }

  /** Returns what a call of {@code path} counts as by {@code kinds}, which is always the same. */
  @SuppressWarnings("ReferenceEquality") // the very object comes again; for another it is asked
  Limited kind(String path, Function<String, Limited> kinds) {
    Limited known = lastKind;
    if (known == null || path != lastPath) {
      known = kinds.apply(path.startsWith("/") ? path.substring(1) : path);
      lastPath = path;
      lastKind = known;
    }
    return known;
  }

  /** Returns the plugin whose certificate {@code id} is of, which is this connection's peer. */
  KnownCaller plugin(SpiffeId.OfPlugin id) {
    KnownCaller known = plugin;
    if (known == null) {
      known = new KnownCaller(new Identity(id, Identity.Evidence.SVID));
      plugin = known;
    }
    return known;
  }

  /** Returns the caller that was made known as {@code stamp}, or null. */
  @Nullable KnownCaller behind(String stamp) {
    return behind.get(stamp);
  }

  /** Makes {@code caller}, of the host at the other end, known as {@code stamp}. */
  KnownCaller put(String stamp, KnownCaller caller) {
    if (behind.size() >= MAX_CALLERS) {
      behind.clear();
    }
    behind.put(stamp, caller);
    return caller;
  }
}
