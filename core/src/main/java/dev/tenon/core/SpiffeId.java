package dev.tenon.core;

import static java.util.Objects.requireNonNull;

/**
 * The identity of a host, of one run of a plugin, or of a host's administrator, in the three forms
 * that Tenon issues.
 *
 * <p>A closed parser on purpose: whatever is not exactly one of the forms is refused, so that no
 * normalisation (case, dots, percent signs, ports) can make two texts mean one identity.
 */
public sealed interface SpiffeId {
  /** Returns the trust domain. */
  TrustDomain trustDomain();

  /**
   * Returns what policies and counters call the bearer: the plugin's name, or {@code host}. An
   * administrator's is {@code admin/<name>}, which no policy can name.
   */
  String name();

  /** Returns the host itself, or that of the plugin or administrator. */
  OfHost ofHost();

  /** Returns what another host calls the bearer: {@link #name}, {@code @}, and the host's name. */
  default String nameBehind() {
    return name() + "@" + ofHost().host();
  }

  /** Returns the id as a URI. */
  @Override
  String toString();

  /**
   * Parses {@code spiffe://<trust domain>/host/<host>}, the same with {@code
   * /plugin/<name>/<runtime id>} after it, or with {@code /admin/<name>}.
   *
   * @throws IllegalArgumentException for anything else
   */
  static SpiffeId parse(String uri) {
    requireNonNull(uri, "uri");
    String[] parts = uri.split("/", -1);
    if (parts.length < 5
        || !parts[0].equals("spiffe:")
        || !parts[1].isEmpty()
        || !parts[3].equals("host")) {
      throw malformed(uri);
    }
    OfHost host = new OfHost(new TrustDomain(parts[2]), parts[4]);
    if (parts.length == 5) {
      return host;
    }
    if (parts.length == 7 && parts[5].equals("admin")) {
      return new OfAdmin(host, new AdminName(parts[6]));
    }
    if (parts.length != 8 || !parts[5].equals("plugin")) {
      throw malformed(uri);
    }
    OfPlugin plugin = new OfPlugin(host, new RuntimeId(parts[7]));
    if (!plugin.name().equals(parts[6])) {
      throw malformed(uri);
    }
    return plugin;
  }

  private static IllegalArgumentException malformed(String uri) {
    return new IllegalArgumentException(
        "SPIFFE ID: "
            + Ascii.quote(uri)
            + " (expected: spiffe://<trust domain>/host/<host>, then nothing,"
            + " /plugin/<name>/<runtime id> or /admin/<name>)");
  }

  /** The identity of a host. */
  record OfHost(TrustDomain trustDomain, String host) implements SpiffeId {
    /**
     * Checks the host's own name.
     *
     * @throws IllegalArgumentException if {@code host} is not 1 to 63 of a-z, 0-9 and {@code -}
     */
    public OfHost {
      requireNonNull(trustDomain, "trustDomain");
      requireNonNull(host, "host");
      if (host.isEmpty()
          || host.length() > 63
          || !host.chars()
              .allMatch(c -> Ascii.isLower((char) c) || Ascii.isDigit((char) c) || c == '-')) {
        throw new IllegalArgumentException(
            "host id: " + Ascii.quote(host) + " (expected: 1 to 63 of a-z, 0-9 and '-')");
      }
    }

    @Override
    public OfHost ofHost() {
      return this;
    }

    @Override
    public String name() {
      return PluginName.HOST;
    }

    @Override
    public String toString() {
      return "spiffe://" + trustDomain + "/host/" + host;
    }
  }

  /** The identity of one run of a plugin, under the host that started or admitted it. */
  record OfPlugin(OfHost host, RuntimeId runtimeId) implements SpiffeId {
    /** Checks for null. */
    public OfPlugin {
      requireNonNull(host, "host");
      requireNonNull(runtimeId, "runtimeId");
    }

    @Override
    public TrustDomain trustDomain() {
      return host.trustDomain();
    }

    @Override
    public OfHost ofHost() {
      return host;
    }

    @Override
    public String name() {
      return runtimeId.plugin().value();
    }

    @Override
    public String toString() {
      return host + "/plugin/" + name() + "/" + runtimeId;
    }
  }

  /** The identity of someone who administrates one host. */
  record OfAdmin(OfHost host, AdminName admin) implements SpiffeId {
    /** Checks for null. */
    public OfAdmin {
      requireNonNull(host, "host");
      requireNonNull(admin, "admin");
    }

    @Override
    public TrustDomain trustDomain() {
      return host.trustDomain();
    }

    @Override
    public OfHost ofHost() {
      return host;
    }

    @Override
    public String name() {
      return "admin/" + admin;
    }

    @Override
    public String toString() {
      return host + "/admin/" + admin;
    }
  }
}
