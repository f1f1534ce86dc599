package dev.tenon.core;

/** A field of a request breaks its limits. The peer is told which, and what was expected. */
public final class InvalidRequestException extends RefusedException {
  private static final long serialVersionUID = 1;

  /** Makes the refusal of {@code message}, which the peer sees. */
  public InvalidRequestException(String message) {
    super(Refusal.INVALID_REQUEST, message);
  }

  @Override
  public String publicText() {
    return String.valueOf(getMessage());
  }
}
