package dev.tenon.sdk;

/** A grant is not accepted. Made for every refused call, so it has no stack trace. */
final class DirectRefusedException extends Exception {
  private static final long serialVersionUID = 1;

  private final DirectRefusal why;

  DirectRefusedException(DirectRefusal why) {
    super(why.name(), null, false, false);
    this.why = why;
  }

  DirectRefusal why() {
    return why;
  }
}
