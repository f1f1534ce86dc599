package dev.tenon.sdk;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/** Tells a person how a call to the host failed. */
final class StatusText {
  private static final int MAX_LENGTH = 300;

  private StatusText() {}

  /**
   * Returns code, description and innermost cause; printable and bounded, whatever the peer sent.
   */
  static String of(StatusRuntimeException failed) {
    Status status = failed.getStatus();
    StringBuilder text = new StringBuilder(status.getCode().name());
    if (status.getDescription() != null) {
      text.append(": ").append(status.getDescription());
    }
    Throwable cause = status.getCause();
    while (cause != null && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause != null) {
      text.append(": ").append(cause.getMessage());
    }
    String printable = text.toString().replaceAll("\\p{Cntrl}", "?");
    return printable.length() > MAX_LENGTH ? printable.substring(0, MAX_LENGTH) : printable;
  }
}
