package dev.tenon.registry;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.SpiffeId;
import java.util.regex.Pattern;

/**
 * Another host of the same trust domain, and where its data plane listens. The endpoint is what
 * that host told the others; it proves nothing, whoever connects asks for the certificate of {@code
 * id}.
 *
 * @param endpoint {@code unix:<absolute path>} or {@code tcp:<host>:<port>}
 */
public record OtherHost(SpiffeId.OfHost id, String endpoint) {
  /** Longest endpoint: a name of 253 bytes (RFC 1035) with its port is shorter. */
  static final int MAX_ENDPOINT_LENGTH = 270;

  /** The outer form; whoever connects parses the rest. */
  private static final Pattern ENDPOINT =
      Pattern.compile("unix:/[\\x21-\\x7e]{1,260}|tcp:[a-z0-9.\\[\\]:-]{1,255}:[1-9][0-9]{0,4}");

  /**
   * Checks the endpoint.
   *
   * @throws IllegalArgumentException if {@code endpoint} has neither of the two forms
   */
  public OtherHost {
    requireNonNull(id, "id");
    requireNonNull(endpoint, "endpoint");
    if (endpoint.length() > MAX_ENDPOINT_LENGTH || !ENDPOINT.matcher(endpoint).matches()) {
      throw new IllegalArgumentException(
          "endpoint of "
              + id
              + ": "
              + endpoint.length()
              + " characters (expected: unix:<absolute path> or tcp:<host>:<port>)");
    }
  }
}
