package dev.tenon.router;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.CertificateRule;
import dev.tenon.auth.Lineages;
import dev.tenon.auth.NotAuthenticatedException;
import dev.tenon.auth.NotAuthenticatedException.Why;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.transport.Connection;
import dev.tenon.transport.Peer;
import dev.tenon.transport.Source;
import io.grpc.Attributes;
import io.grpc.ServerTransportFilter;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Decides once, when a connection is made, whether its key is a live one of a living lineage, and
 * its certificate one that the {@link CertificateRule} lets in. A connection then lives while its
 * lineage does: it is not cut when its own key is succeeded by another, and {@link #end} ends it
 * when the lineage was revoked. A server whose calls pass {@link Admission} must have it; without
 * it no call is let in. One may serve several servers. Thread-safe.
 */
public final class ConnectionAdmission extends ServerTransportFilter {
  /** Why the connection's calls are refused; empty if they are not. */
  private static final Attributes.Key<Optional<Why>> REFUSED =
      Attributes.Key.create("dev.tenon.connection-refused");

  /** How long a connection that is refused lives; its calls are told why there is no use. */
  private static final Duration REFUSED_LIFE = Duration.ofMillis(500);

  /*
   * A connection is in `open` before its key and certificate are verified. A lineage or certificate is
   * revoked before its connections are looked for: so a connection that is made meanwhile is seen by
   * `end` or `usersOfRefused`, or is refused.
   */
  private final ConcurrentMap<RuntimeId, Map<Connection, X509Certificate>> open =
      new ConcurrentHashMap<>();
  private final Lineages lineages;
  private final CertificateRule certificates;
  private final Refusals refusals;
  private final Users users;

  /** Who is told of connections that are refused; must be thread-safe and not block. */
  @FunctionalInterface
  public interface Refusals {
    /** Notes that a connection of {@code plugin} from {@code source} was refused. */
    void refused(Optional<RuntimeId> plugin, Why why, Source source);
  }

  /** Which users' processes may connect as a run; must be thread-safe and not block. */
  @FunctionalInterface
  public interface Users {
    /** Returns whether a process of the user {@code uid} may be {@code plugin}. */
    boolean admits(RuntimeId plugin, int uid);
  }

  /*
   * A connection is in `open` before `trusted` is asked about it, and `trustOnly` sets `trusted` before
   * it looks through `open`: so a connection that is made meanwhile is seen by one of the two.
   */
  private volatile Predicate<Connection> trusted = connection -> true;

  /** Makes the admission by the keys of {@code lineages}, of any certificate. */
  public ConnectionAdmission(Lineages lineages) {
    this(lineages, CertificateRule.NONE, (plugin, uid) -> true, (plugin, why, source) -> {});
  }

  /**
   * Makes the admission by the keys of {@code lineages}, by {@code certificates}, and on Unix
   * sockets by {@code users}, which tells {@code refusals} of those it refuses.
   */
  public ConnectionAdmission(
      Lineages lineages, CertificateRule certificates, Users users, Refusals refusals) {
    this.lineages = requireNonNull(lineages, "lineages");
    this.certificates = requireNonNull(certificates, "certificates");
    this.users = requireNonNull(users, "users");
    this.refusals = requireNonNull(refusals, "refusals");
  }

  @Override
  public Attributes transportReady(Attributes attributes) {
    if (isOfAdmin(attributes)) {
      return attributes; // Undecided here, so that no call of a plugin's is let in on it.
    }
    Optional<Connection> connection = Optional.ofNullable(attributes.get(Connection.KEY));
    Optional<X509Certificate> leaf = certificate(attributes);
    if (connection.isPresent() && leaf.isPresent()) {
      plugin(attributes).ifPresent(plugin -> add(plugin, connection.get(), leaf.get()));
    }
    Optional<Why> refused =
        connection.isPresent() && !trusted.test(connection.get())
            ? Optional.of(Why.EXPIRED)
            : decide(attributes);
    if (refused.isPresent()) {
      connection.ifPresent(made -> made.closeAfter(REFUSED_LIFE));
      Source source = Optional.ofNullable(attributes.get(Source.KEY)).orElse(Source.UNKNOWN);
      refusals.refused(plugin(attributes), refused.get(), source);
    }
    return KnownConnection.addTo(attributes.toBuilder().set(REFUSED, refused).build());
  }

  @Override
  public void transportTerminated(@Nullable Attributes attributes) {
    if (attributes == null) {
      return; // It was never ready.
    }
    Optional<Connection> connection = Optional.ofNullable(attributes.get(Connection.KEY));
    plugin(attributes).ifPresent(plugin -> connection.ifPresent(made -> remove(plugin, made)));
  }

  private void add(RuntimeId plugin, Connection connection, X509Certificate leaf) {
    var unused =
        open.compute(
            plugin,
            (id, known) -> {
              Map<Connection, X509Certificate> connections =
                  known == null ? new ConcurrentHashMap<>() : known;
              connections.put(connection, leaf);
              return connections;
            });
  }

  private void remove(RuntimeId plugin, Connection connection) {
    var unused =
        open.computeIfPresent(
            plugin,
            (id, connections) -> {
              connections.remove(connection);
              return connections.isEmpty() ? null : connections;
            });
  }

  /**
   * Ends the connections of {@code plugin}, whose lineage was revoked before; what its calls were
   * ended with is sent first. Returns at once.
   */
  public void end(RuntimeId plugin) {
    open.getOrDefault(plugin, Map.of()).keySet().forEach(Connection::close);
  }

  /**
   * Ends those connections of {@code plugin} that were made with a key that is none of its lineage
   * any more: after it enrolled again, all that it had before. Returns at once.
   */
  public void endForeign(RuntimeId plugin) {
    open.getOrDefault(plugin, Map.of())
        .forEach(
            (connection, leaf) -> {
              if (!isLive(plugin, leaf)) {
                connection.close();
              }
            });
  }

  /**
   * Trusts from now on only connections that {@code trust} takes, and ends the others after {@code
   * before} was told whose they are: an authority on which they rest is over.
   */
  public void trustOnly(Predicate<Connection> trust, Consumer<RuntimeId> before) {
    trusted = requireNonNull(trust, "trust");
    open.forEach(
        (plugin, connections) -> {
          List<Connection> ending = connections.keySet().stream().filter(trust.negate()).toList();
          if (!ending.isEmpty()) {
            before.accept(plugin);
            ending.forEach(Connection::close);
          }
        });
  }

  /** Returns the runs with a connection whose certificate is refused by now. */
  public Set<RuntimeId> usersOfRefused() {
    return open.entrySet().stream()
        .filter(
            run ->
                run.getValue().values().stream()
                    .anyMatch(
                        leaf -> certificates.refusal(run.getKey().plugin(), leaf).isPresent()))
        .map(Map.Entry::getKey)
        .collect(Collectors.toUnmodifiableSet());
  }

  private boolean isLive(RuntimeId plugin, X509Certificate leaf) {
    try {
      lineages.verifyKey(plugin, leaf.getPublicKey());
      return true;
    } catch (NotAuthenticatedException e) {
      return false;
    }
  }

  private static Optional<RuntimeId> plugin(Attributes attributes) {
    return Optional.ofNullable(attributes.get(Peer.KEY))
        .flatMap(Peer::id)
        .filter(SpiffeId.OfPlugin.class::isInstance)
        .map(id -> ((SpiffeId.OfPlugin) id).runtimeId());
  }

  private static boolean isOfAdmin(Attributes attributes) {
    return Optional.ofNullable(attributes.get(Peer.KEY))
        .flatMap(Peer::id)
        .filter(SpiffeId.OfAdmin.class::isInstance)
        .isPresent();
  }

  private static Optional<X509Certificate> certificate(Attributes attributes) {
    return Optional.ofNullable(attributes.get(Peer.KEY)).flatMap(Peer::certificate);
  }

  private Optional<Why> decide(Attributes attributes) {
    Optional<X509Certificate> certificate = certificate(attributes);
    Optional<RuntimeId> plugin = plugin(attributes);
    if (certificate.isEmpty() || plugin.isEmpty()) {
      return Optional.of(Why.MISSING);
    }
    try {
      lineages.verifyKey(plugin.get(), certificate.get().getPublicKey());
      if (!isOfItsUser(attributes, plugin.get())) {
        return Optional.of(Why.FOREIGN);
      }
      return certificates.refusal(plugin.get().plugin(), certificate.get());
    } catch (NotAuthenticatedException e) {
      return Optional.of(e.why());
    }
  }

  /** Where the system does not tell the peer's user, there is nothing to compare. */
  private boolean isOfItsUser(Attributes attributes, RuntimeId plugin) {
    return Optional.ofNullable(attributes.get(Peer.KEY))
        .flatMap(Peer::process)
        .map(process -> users.admits(plugin, process.uid()))
        .orElse(true);
  }

  /** Checks what was decided about the connection with {@code attributes}. */
  static void check(Attributes attributes) throws NotAuthenticatedException {
    Optional<Why> refused = attributes.get(REFUSED);
    if (refused == null) {
      throw new NotAuthenticatedException(Why.MISSING);
    }
    if (refused.isPresent()) {
      throw new NotAuthenticatedException(refused.get());
    }
  }
}
