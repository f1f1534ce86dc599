package dev.tenon.transport;

import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Optional;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLProtocolException;
import org.jspecify.annotations.Nullable;

/** Why a peer was refused in the handshake. Says nothing that the peer could choose. */
public enum HandshakeFault {
  /** It showed no certificate where one is required. */
  NO_CERTIFICATE("no certificate"),
  /** Its certificate names itself as its issuer, and is not trusted. */
  SELF_SIGNED("self-signed certificate"),
  /** Its certificate does not lead to an authority that is trusted. */
  UNTRUSTED("certificate of another authority"),
  /** Its certificate, or one above it, is not valid yet or not any more. */
  OUT_OF_DATE("certificate out of date"),
  /** Its certificate is genuine, and not one of a peer of this listener. */
  UNFIT("unfit certificate"),
  /** What came was no TLS: HTTP in clear, for one. */
  NO_TLS("no TLS"),
  /** It speaks no version of TLS that is spoken here. */
  OLD_TLS("version of TLS"),
  /** It speaks another protocol than HTTP/2 inside TLS, or does not say which (RFC 7301). */
  NOT_HTTP2("no HTTP/2"),
  /** What came was no handshake of TLS as we speak it, or the peer broke it off. */
  BROKEN("broken handshake");

  private final String reason;

  HandshakeFault(String reason) {
    this.reason = reason;
  }

  /** Returns the reason as the audit log writes it. */
  public String reason() {
    return reason;
  }

  /** Returns {@code this}, unless {@code failure} is one of time. */
  HandshakeFault because(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof CertificateExpiredException
          || cause instanceof CertificateNotYetValidException) {
        return OUT_OF_DATE;
      }
    }
    return this;
  }

  /**
   * Returns what a handshake failed for in which no certificate was checked; empty if the
   * connection only ended, or too little came in time. Both TLS libraries tell most of it by a text
   * alone.
   */
  static Optional<HandshakeFault> of(@Nullable Throwable failure) {
    if (failure instanceof SslHandshakeTimeoutException) {
      return Optional.empty();
    }
    if (failure instanceof NotSslRecordException) {
      return Optional.of(NO_TLS);
    }
    if (failure instanceof SSLHandshakeException handshake) {
      return Optional.of(ofText(String.valueOf(handshake.getMessage())));
    }
    return failure instanceof SSLProtocolException ? Optional.of(BROKEN) : Optional.empty();
  }

  private static HandshakeFault ofText(String text) {
    if (text.contains("PEER_DID_NOT_RETURN_A_CERTIFICATE")
        || text.contains("Empty client certificate chain")) {
      return NO_CERTIFICATE;
    }
    if (text.contains("UNSUPPORTED_PROTOCOL")
        || text.contains("is not enabled or supported")
        || text.contains("not accepted by server preferences")) {
      return OLD_TLS;
    }
    return text.contains("NO_APPLICATION_PROTOCOL") || text.contains("application protocol")
        ? NOT_HTTP2
        : BROKEN;
  }
}
