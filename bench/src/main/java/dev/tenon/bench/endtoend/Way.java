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
  SPLICE("HAProxy byte splice"),
  /** Tenon's relay without TLS, and so without a host's listener. */
  PLAIN_RELAY("Tenon's relay alone"),
  /** To a plugin's server as it would be without Tenon: grpc-java, and the same TLS. */
  PLUGIN_SERVER("a server of grpc-java"),
  /** The same in another JVM: no two compile their code alike. */
  PLUGIN_SERVER_AGAIN("the same in another JVM"),
  /** To a plugin of Tenon's, which verifies the grant that each call shows. */
  DIRECT_MODE("a plugin in direct mode");

  private final String title;

  Way(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }

  /** Returns the title of a column of ratios to it. */
  String shortTitle() {
    return switch (this) {
      case SPLICE -> "byte splice";
      case PLUGIN_SERVER -> "grpc-java";
      default -> title;
    };
  }

  /** Returns whether it is in a JVM, and of this project. */
  boolean isJvm() {
    return switch (this) {
      case TENON, RELAY, PLAIN_RELAY, PLUGIN_SERVER, PLUGIN_SERVER_AGAIN, DIRECT_MODE -> true;
      case DIRECT, DIRECT_AGAIN, NGINX, HAPROXY, SPLICE -> false;
    };
  }

  /** Returns whether nothing is between caller and backend. */
  boolean isDirect() {
    return this == DIRECT || this == DIRECT_AGAIN;
  }
}
