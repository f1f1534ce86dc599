package dev.tenon.transport;

import dev.tenon.core.PluginName;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.Token;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/** What a host tells a plugin at its start. */
@SuppressWarnings("DoNotCallSuggester")
public record Bootstrap(
    PluginName plugin,
    RuntimeId runtimeId,
    Endpoint enrol,
    Endpoint control,
    Endpoint data,
    String serverName,
    SpiffeId.OfHost hostId,
    List<X509Certificate> trustBundle,
    Token enrolmentToken,
    Instant expires,
    Endpoint listen) {
  /** Longest document. */
  public static final int MAX_BYTES = 64 * 1024;

  /**
   * Parses one line.
   *
   * @throws IllegalArgumentException if it is malformed
   */
  public static Bootstrap parse(byte[] line) {
    throw new UnsupportedOperationException("length " + line.length);
  }

  /** Returns the document as one line that ends with LF. */
  public String toJsonLine() {
    throw new UnsupportedOperationException();
  }

  @Override
  public String toString() {
    return "Bootstrap[" + runtimeId + ", redacted]";
  }
}
