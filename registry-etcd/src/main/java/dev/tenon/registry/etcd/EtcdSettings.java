package dev.tenon.registry.etcd;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * Which etcd a host shares its registrations through, and how it shows itself there. Immutable.
 *
 * @param endpoints the members, tried in turn: {@code https://<name>:<port>}, or {@code http://} on
 *     the loopback interface alone
 * @param lease how long what a host has registered outlives its last word to etcd, and so how long
 *     an exclusive service waits for a successor at most
 * @param login the user that etcd knows the host as, if it asks for one
 * @param trusted the certificates (PEM) that etcd's own must lead to; those of the JVM without it
 * @param client what the host shows in TLS, if etcd asks for it
 */
public record EtcdSettings(
    List<URI> endpoints,
    Duration lease,
    Optional<Login> login,
    Optional<Path> trusted,
    Optional<ClientKey> client) {
  /** The lease of a host that is not told another. */
  public static final Duration DEFAULT_LEASE = Duration.ofSeconds(60);

  /** The shortest lease: etcd itself keeps none below the time of an election. */
  public static final Duration LEAST_LEASE = Duration.ofSeconds(2);

  /** The longest lease: an exclusive service is away for so long when its host dies. */
  public static final Duration LONGEST_LEASE = Duration.ofMinutes(10);

  private static final int MAX_ENDPOINTS = 9;
  private static final Duration LONGEST_PATIENCE = Duration.ofSeconds(5);

  /** A user and the file, mode 0600, whose first line is the password. */
  public record Login(String user, Path password) {
    /** Checks the name. */
    public Login {
      requireNonNull(password, "password");
      if (user.isEmpty() || user.length() > 255) {
        throw new IllegalArgumentException(
            "user: empty or too long (expected: 1 to 255 characters)");
      }
    }
  }

  /** A certificate chain and its key, both PEM; the key's file has mode 0600. */
  public record ClientKey(Path certificate, Path key) {
    /** Checks for null. */
    public ClientKey {
      requireNonNull(certificate, "certificate");
      requireNonNull(key, "key");
    }
  }

  /**
   * Checks the settings.
   *
   * @throws IllegalArgumentException if there is no endpoint, one of another form, or one without
   *     TLS off the loopback interface; if the lease is out of its bounds or no whole seconds; or
   *     if there are files of TLS and no endpoint with it
   */
  public EtcdSettings {
    endpoints = List.copyOf(endpoints);
    requireNonNull(login, "login");
    if (endpoints.isEmpty() || endpoints.size() > MAX_ENDPOINTS) {
      throw new IllegalArgumentException(
          "etcd: " + endpoints.size() + " endpoints (expected: 1 to " + MAX_ENDPOINTS + ")");
    }
    endpoints.forEach(EtcdSettings::check);
    if (new HashSet<>(endpoints).size() < endpoints.size()) {
      throw new IllegalArgumentException("etcd: an endpoint twice (expected: once)");
    }
    if (lease.compareTo(LEAST_LEASE) < 0
        || lease.compareTo(LONGEST_LEASE) > 0
        || lease.toNanosPart() != 0) {
      throw new IllegalArgumentException(
          "lease: "
              + lease
              + " (expected: "
              + LEAST_LEASE
              + " to "
              + LONGEST_LEASE
              + ", whole seconds)");
    }
    if ((trusted.isPresent() || client.isPresent())
        && endpoints.stream().noneMatch(endpoint -> "https".equals(endpoint.getScheme()))) {
      throw new IllegalArgumentException(
          "etcd: files of TLS, and no endpoint with it (expected: https://...)");
    }
  }

  private static void check(URI endpoint) {
    boolean tls = "https".equals(endpoint.getScheme());
    if (!(tls || "http".equals(endpoint.getScheme()))
        || endpoint.getHost() == null
        || endpoint.getPort() < 1
        || endpoint.getPort() > 65535
        || endpoint.getRawUserInfo() != null
        || endpoint.getRawQuery() != null
        || endpoint.getRawFragment() != null
        || !endpoint.getRawPath().isEmpty()) {
      throw new IllegalArgumentException(
          "etcd: malformed endpoint (expected: https://<name>:<port>, or http://127.0.0.1:<port>)");
    }
    if (!tls && !isLoopback(endpoint.getHost())) {
      throw new IllegalArgumentException(
          "etcd: "
              + endpoint
              + " (expected: https, because whoever can change what is on the way there and back"
              + " can take exclusive services; http is for 127.0.0.1, [::1] and localhost)");
    }
  }

  private static boolean isLoopback(String host) {
    return host.equals("localhost")
        || host.equals("[::1]")
        || host.matches("127(\\.[0-9]{1,3}){3}");
  }

  /**
   * Returns the settings for {@code endpoints}, with nothing else set.
   *
   * @throws IllegalArgumentException if one is not an endpoint
   */
  public static EtcdSettings of(String... endpoints) {
    return new EtcdSettings(
        Arrays.stream(endpoints).map(EtcdSettings::uri).toList(),
        DEFAULT_LEASE,
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private static URI uri(String endpoint) {
    try {
      return new URI(endpoint);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(
          "etcd: malformed endpoint (expected: https://<name>:<port>)", e);
    }
  }

  /** Returns these settings with another lease. */
  public EtcdSettings lease(Duration other) {
    return new EtcdSettings(endpoints, other, login, trusted, client);
  }

  /** Returns these settings with a user, whose password is the first line of {@code password}. */
  public EtcdSettings login(String user, Path password) {
    return new EtcdSettings(
        endpoints, lease, Optional.of(new Login(user, password)), trusted, client);
  }

  /** Returns these settings with the certificates that etcd's must lead to. */
  public EtcdSettings trusted(Path certificates) {
    return new EtcdSettings(endpoints, lease, login, Optional.of(certificates), client);
  }

  /** Returns these settings with a certificate and its key for TLS. */
  public EtcdSettings client(Path certificate, Path key) {
    return new EtcdSettings(
        endpoints, lease, login, trusted, Optional.of(new ClientKey(certificate, key)));
  }

  /** Returns how long one answer of etcd is waited for: there is time for another attempt. */
  Duration patience() {
    Duration quarter = lease.dividedBy(4);
    return quarter.compareTo(LONGEST_PATIENCE) < 0 ? quarter : LONGEST_PATIENCE;
  }

  /** Returns the member to try at the attempt {@code number}: each in turn. */
  URI endpoint(int number) {
    return endpoints.get(Math.floorMod(number, endpoints.size()));
  }
}
