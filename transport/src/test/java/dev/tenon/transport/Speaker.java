package dev.tenon.transport;

/** Who speaks HTTP/2 at both ends of a test's connections. */
enum Speaker {
  /** grpc-java, on its own sockets. */
  GRPC_JAVA,
  /** {@link LinkHttp2} and {@link LinkCall}, on links. */
  LINKS
}
