package dev.tenon.cli;

/** An administrator's file is missing or not what it should be; the message names no secret. */
final class AdminFileException extends Exception {
  private static final long serialVersionUID = 1;

  AdminFileException(String message) {
    super(message);
  }
}
