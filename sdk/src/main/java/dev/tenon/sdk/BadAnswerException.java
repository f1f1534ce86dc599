package dev.tenon.sdk;

/** An answer of the host that a plugin must not believe. The message names the field. */
final class BadAnswerException extends Exception {
  private static final long serialVersionUID = 1;

  BadAnswerException(String field, String got, String expected) {
    super("the host's answer: " + field + ": " + got + " (expected: " + expected + ")");
  }

  BadAnswerException(String field, String expected, Throwable cause) {
    super("the host's answer: " + field + ": malformed (expected: " + expected + ")", cause);
  }
}
