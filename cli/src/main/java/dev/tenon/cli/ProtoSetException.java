package dev.tenon.cli;

/** Descriptors, or what is to be read by them, are not what they should be. */
final class ProtoSetException extends Exception {
  private static final long serialVersionUID = 1;

  ProtoSetException(String message) {
    super(message);
  }
}
