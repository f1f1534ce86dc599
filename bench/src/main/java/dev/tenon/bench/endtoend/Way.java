package dev.tenon.bench.endtoend;

/** The ways that a call can take to the backend. */
enum Way {
  /** To the backend itself; its CPU time is what is measured then. */
  DIRECT("direct (CPU: the backend)"),
  TENON("Tenon"),
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
}
