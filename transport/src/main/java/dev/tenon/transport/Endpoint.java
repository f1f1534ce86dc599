package dev.tenon.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.netty.util.NetUtil;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Where a server listens: a Unix socket or a TCP port. Its text form is {@code unix:/run/x/s},
 * {@code tcp:127.0.0.1:7070} or {@code tcp:[::1]:7070}, and {@code toString} returns it.
 */
public sealed interface Endpoint {
  /**
   * Parses the text form.
   *
   * @throws IllegalArgumentException if {@code text} is not an endpoint
   */
  static Endpoint parse(String text) {
    requireNonNull(text, "text");
    if (text.startsWith("unix:")) {
      try {
        return new Unix(Path.of(text.substring("unix:".length())));
      } catch (InvalidPathException e) {
        throw malformed(text);
      }
    }
    int colon = text.lastIndexOf(':');
    if (!text.startsWith("tcp:") || colon < "tcp:".length()) {
      throw malformed(text);
    }
    String host = text.substring("tcp:".length(), colon);
    String port = text.substring(colon + 1);
    if (!port.matches("0|[1-9][0-9]{0,4}")) {
      throw malformed(text);
    }
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    if (bracketed != host.contains(":")) {
      throw malformed(text);
    }
    return new Tcp(bracketed ? host.substring(1, host.length() - 1) : host, Integer.parseInt(port));
  }

  private static IllegalArgumentException malformed(String text) {
    return new IllegalArgumentException(
        "endpoint: " + Quote.of(text) + " (expected: unix:/path or tcp:host:port)");
  }

  /** A Unix socket. */
  record Unix(Path path) implements Endpoint {
    /** Longest path in bytes; every system's {@code sun_path} has room for it. */
    public static final int MAX_PATH_BYTES = 100;

    /**
     * Checks the path.
     *
     * @throws IllegalArgumentException if {@code path} is not absolute and normalised, or too long
     */
    public Unix {
      requireNonNull(path, "path");
      String text = path.toString();
      if (!path.isAbsolute() || !path.equals(path.normalize()) || path.getParent() == null) {
        throw new IllegalArgumentException(
            "socket path: " + Quote.of(text) + " (expected: an absolute, normalised path)");
      }
      int length = text.getBytes(UTF_8).length;
      if (length > MAX_PATH_BYTES) {
        throw new IllegalArgumentException(
            "socket path: "
                + Quote.of(text)
                + ", "
                + length
                + " bytes (expected: <= "
                + MAX_PATH_BYTES
                + "; choose a shorter run directory)");
      }
    }

    @Override
    public String toString() {
      return "unix:" + path;
    }
  }

  /** A TCP port. */
  record Tcp(String host, int port) implements Endpoint {
    /**
     * Checks both.
     *
     * @throws IllegalArgumentException if {@code host} is no IP address and no lower-case DNS name,
     *     or {@code port} is not 0 to 65535
     */
    public Tcp {
      requireNonNull(host, "host");
      boolean address = NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host);
      if (host.startsWith("[") || (!address && !DnsNames.isName(host))) {
        throw new IllegalArgumentException(
            "host: " + Quote.of(host) + " (expected: an IP address or a lower-case DNS name)");
      }
      if (port < 0 || port > 65_535) {
        throw new IllegalArgumentException("port: " + port + " (expected: 0 to 65535)");
      }
    }

    /** Returns the host as URIs have it (RFC 3986, section 3.2.2). */
    String hostForUri() {
      return host.contains(":") ? "[" + host + "]" : host;
    }

    @Override
    public String toString() {
      return "tcp:" + hostForUri() + ":" + port;
    }
  }
}
