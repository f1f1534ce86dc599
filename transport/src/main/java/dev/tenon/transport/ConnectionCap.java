package dev.tenon.transport;

/** Which cap of a listener a connection was closed for. Says nothing that the peer could choose. */
public enum ConnectionCap {
  /** The listener had as many connections as it may. */
  IN_TOTAL("too many connections"),
  /** Its source had as many as it may. */
  OF_SOURCE("too many connections of a source"),
  /** The run that its certificate names had as many as it may. */
  OF_RUN("too many connections of a run"),
  /** It was the eldest of too many that had not finished their handshake. */
  HANDSHAKES("too many handshakes");

  private final String reason;

  ConnectionCap(String reason) {
    this.reason = reason;
  }

  /** Returns the reason as the audit log writes it. */
  public String reason() {
    return reason;
  }
}
