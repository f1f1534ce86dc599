package dev.tenon.transport;

import static java.util.Objects.requireNonNull;

import java.util.List;

/** The oldest version of TLS that a transport speaks, in both directions. */
public enum TlsFloor {
  /** TLS 1.3 (RFC 8446) alone. */
  TLS_1_3("TLS 1.3"),
  /**
   * TLS 1.2 (RFC 5246) too, as RFC 9325 and RFC 9113, section 9.2, have it: with suites of
   * ephemeral keys and authenticated encryption, one handshake for each connection, and no
   * resumption.
   */
  TLS_1_2("TLS 1.3 and 1.2");

  /**
   * The suites of RFC 8446, appendix B.4, and those of RFC 9325, section 4.2, with their kin on
   * ChaCha20 (RFC 7905); none of them is on the list of RFC 9113, appendix A.
   */
  static final List<String> SUITES =
      List.of(
          "TLS_AES_128_GCM_SHA256",
          "TLS_AES_256_GCM_SHA384",
          "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

  private final String title;

  TlsFloor(String title) {
    this.title = title;
  }

  /**
   * Returns the floor that is written as {@code version}: {@code 1.3} or {@code 1.2}.
   *
   * @throws IllegalArgumentException for anything else
   */
  public static TlsFloor parse(String version) {
    return switch (requireNonNull(version, "version")) {
      case "1.3" -> TLS_1_3;
      case "1.2" -> TLS_1_2;
      default ->
          throw new IllegalArgumentException(
              "TLS version: " + Quote.of(version) + " (expected: 1.3 or 1.2)");
    };
  }

  List<String> protocols() {
    return switch (this) {
      case TLS_1_3 -> List.of("TLSv1.3");
      case TLS_1_2 -> List.of("TLSv1.3", "TLSv1.2");
    };
  }

  String title() {
    return title;
  }
}
