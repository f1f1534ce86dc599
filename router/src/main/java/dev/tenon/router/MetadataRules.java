package dev.tenon.router;

import dev.tenon.core.Callback;
import dev.tenon.core.Grant;
import dev.tenon.core.Permission;
import dev.tenon.core.Refusal;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.registry.ServiceRegistry;
import io.grpc.Metadata;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Which metadata crosses the router. Stateless.
 *
 * <p>Every forwarded block is a copy: what the caller or the provider built is never changed.
 */
final class MetadataRules {
  /*
   * Metadata is the application's and passes, in both directions, except
   *
   *   credentials   authorization, proxy-authorization, cookie, set-cookie: they are between a
   *                 peer and the host; a provider that saw a caller's could be that caller.
   *   reserved      tenon-*, x-plugin-*: only the host speaks with them. tenon-to, tenon-key and
   *                 tenon-grant are read before, tenon-caller and tenon-granted are written after, the latter
   *                 for services of the host alone; so no peer can forge or repeat any.
   *                 tenon-callback is written after, for what the host brought along with a call.
   *                 tenon-on-behalf-of is put back by the front where it was verified.
   *   hop-by-hop    RFC 9110, section 7.6.1, and proxy-*: they describe one connection.
   *   transport's   host, content-*, user-agent, accept-encoding and grpc-*: grpc-java writes its
   *                 own on each side. Of grpc-* pass only the keys that gRPC gives to
   *                 applications and libraries: trace context, tags, retry hints, status details.
   *
   * A key that is no legal key, which grpc-java reads but would refuse to write, is dropped. So is
   * one with an upper-case letter, which RFC 9113, section 8.2.1, forbids: grpc-java finds under it
   * the values of the same name in lower case, and so of a reserved one.
   */
  static final Metadata.Key<String> CALLER =
      Metadata.Key.of("tenon-caller", Metadata.ASCII_STRING_MARSHALLER);
  static final Metadata.Key<String> TO =
      Metadata.Key.of("tenon-to", Metadata.ASCII_STRING_MARSHALLER);
  static final Metadata.Key<String> KEY =
      Metadata.Key.of("tenon-key", Metadata.ASCII_STRING_MARSHALLER);
  static final Metadata.Key<String> GRANT = Grant.HEADER;

  /** Longest {@code tenon-key}: enough for a SHA-512 in hex digits. */
  static final int MAX_KEY_CHARS = 128;

  static final Metadata.Key<String> GRANTED =
      Metadata.Key.of("tenon-granted", Metadata.ASCII_STRING_MARSHALLER);

  private static final List<String> PREFIXES = List.of("tenon-", "x-plugin-", "proxy-", "grpc-");
  private static final Set<String> NAMES =
      Set.of(
          "authorization",
          "cookie",
          "set-cookie",
          "connection",
          "te",
          "trailer",
          "keep-alive",
          "transfer-encoding",
          "upgrade",
          "http2-settings",
          "host",
          "content-type",
          "content-length",
          "content-encoding",
          "accept-encoding",
          "user-agent");
  private static final Set<String> KEPT =
      Set.of(
          "grpc-trace-bin",
          "grpc-tags-bin",
          "grpc-previous-rpc-attempts",
          "grpc-retry-pushback-ms",
          "grpc-status-details-bin");

  private MetadataRules() {}

  /**
   * Returns the provider that the caller asked for by name.
   *
   * @throws CallRefusedException if {@code tenon-to} is there more than once or is not a runtime id
   */
  static Optional<RuntimeId> target(Metadata headers) throws CallRefusedException {
    Iterable<String> asked = headers.getAll(TO);
    if (asked == null) {
      return Optional.empty();
    }
    Iterator<String> values = asked.iterator();
    String value = values.next();
    if (values.hasNext()) {
      throw badTarget("tenon-to repeated");
    }
    try {
      return Optional.of(new RuntimeId(value));
    } catch (IllegalArgumentException e) {
      throw badTarget("tenon-to malformed");
    }
  }

  /**
   * Returns what the caller wants its provider chosen by; {@link ServiceRegistry#NO_KEY} if it did
   * not say.
   *
   * @throws CallRefusedException if {@code tenon-key} is there more than once, or is not 1 to 128
   *     visible ASCII characters
   */
  static String key(Metadata headers) throws CallRefusedException {
    Iterable<String> asked = headers.getAll(KEY);
    if (asked == null) {
      return ServiceRegistry.NO_KEY;
    }
    Iterator<String> values = asked.iterator();
    String key = values.next();
    if (values.hasNext()) {
      throw badKey("tenon-key repeated");
    }
    if (key.isEmpty()
        || key.length() > MAX_KEY_CHARS
        || !key.chars().allMatch(c -> c > ' ' && c <= '~')) {
      throw badKey("tenon-key malformed");
    }
    return key;
  }

  private static CallRefusedException badKey(String auditReason) {
    return new CallRefusedException(
        Refusal.INVALID_REQUEST,
        auditReason,
        "tenon-key: (expected: exactly one, of 1 to 128 visible ASCII characters)");
  }

  private static CallRefusedException badTarget(String auditReason) {
    return new CallRefusedException(
        Refusal.INVALID_REQUEST, auditReason, "tenon-to: (expected: exactly one runtime id)");
  }

  /** Returns what the provider gets of {@code headers}, and who the caller is, as its SPIFFE ID. */
  static Metadata request(Metadata headers, String caller) {
    return request(headers, stamp(caller));
  }

  /** Returns the same, with who the caller is as {@link #stamp(String)} has made it. */
  static Metadata request(Metadata headers, Metadata stamp) {
    Metadata forwarded = forwarded(headers);
    forwarded.merge(stamp);
    return forwarded;
  }

  /** Returns who the caller is, by its SPIFFE ID, as its providers are told. */
  static Metadata stamp(String caller) {
    Metadata stamp = new Metadata();
    stamp.put(CALLER, caller);
    return stamp;
  }

  /**
   * Writes {@code grant}, without its secret, for a service of the host: its id, and what it
   * allows.
   */
  static void stamp(Metadata forwarded, Grant grant) {
    StringBuilder stamp = new StringBuilder(grant.id());
    grant.permissions().forEach(permission -> stamp.append(' ').append(permission));
    forwarded.put(GRANTED, stamp.toString());
  }

  /** Writes what the provider may call back while it serves the call, with its secret. */
  static void stamp(Metadata forwarded, Callback callback) {
    forwarded.put(Callback.HEADER, callback.exposeForWire());
  }

  /** Returns the grant for {@code service} that was written, or empty if there is none. */
  static Optional<Grant> granted(Metadata headers, String service) {
    String stamp = headers.get(GRANTED);
    if (stamp == null) {
      return Optional.empty();
    }
    List<String> parts = List.of(stamp.split(" ", -1));
    return Optional.of(
        new Grant(
            parts.get(0),
            new ServiceName(service),
            parts.stream().skip(1).map(Permission::new).collect(Collectors.toSet())));
  }

  /** Returns what the caller gets of a provider's headers or trailers. */
  static Metadata response(Metadata metadata) {
    return forwarded(metadata);
  }

  private static Metadata forwarded(Metadata from) {
    Metadata to = new Metadata();
    if (from.keys().isEmpty()) {
      return to;
    }
    Predicate<String> dropped = MetadataRules::isDropped;
    from.keys().stream().filter(dropped.negate()).forEach(name -> copy(name, from, to));
    return to;
  }

  /** Returns whether metadata of this name, of a caller or a provider, crosses the router. */
  static boolean passes(String name) {
    return isLegal(name) && !isDropped(name);
  }

  /** Returns whether gRPC has such keys (gRPC over HTTP/2, Custom-Metadata). */
  private static boolean isLegal(String name) {
    return !name.isEmpty()
        && name.chars()
            .allMatch(
                c ->
                    (c >= 'a' && c <= 'z')
                        || (c >= '0' && c <= '9')
                        || c == '_'
                        || c == '-'
                        || c == '.');
  }

  private static boolean isDropped(String name) {
    return !name.equals(name.toLowerCase(Locale.ROOT))
        || NAMES.contains(name)
        || (PREFIXES.stream().anyMatch(name::startsWith) && !KEPT.contains(name));
  }

  private static void copy(String name, Metadata from, Metadata to) {
    try {
      if (name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
        copy(Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER), from, to);
      } else {
        copy(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), from, to);
      }
    } catch (IllegalArgumentException e) {
      // Not a legal key: see above.
    }
  }

  private static <T> void copy(Metadata.Key<T> key, Metadata from, Metadata to) {
    Iterable<T> values = from.getAll(key);
    if (values != null) {
      values.forEach(value -> to.put(key, value));
    }
  }
}
