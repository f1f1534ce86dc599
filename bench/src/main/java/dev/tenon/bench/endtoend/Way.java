package dev.tenon.bench.endtoend;

/** The ways that a call can take to the backend. */
enum Way {
  /** To the backend itself; its CPU time is what is measured then. */
  DIRECT("direct (CPU: the backend)"),
  /** The same once more: how far two measurements of one thing are apart. */
  DIRECT_AGAIN("direct, once more"),
  TENON("Tenon"),
  /**
   * Tenon's rules with the relay on grpc-java, the reference that Tenon's own is tested against.
   */
  RELAY("Tenon's rules, relay on grpc-java"),
  NGINX("nginx grpc_pass"),
  HAPROXY("HAProxy h2"),
  /** HAProxy that ends TLS, begins it anew, and passes on bytes: it looks at nothing. */
  SPLICE("HAProxy byte splice");

  private final String title;

  Way(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }

  /** Returns whether it is Tenon's code, in a JVM. */
  boolean isTenon() {
    return this == TENON || this == RELAY;
  }

  /** Returns whether nothing is between caller and backend. */
  boolean isDirect() {
    return this == DIRECT || this == DIRECT_AGAIN;
  }
}
