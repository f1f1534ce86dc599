package dev.tenon.bench.endtoend;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;

/** A proxy's configuration: a template of {@code bench/proxies} with its names filled in. */
record ProxyConfig(Path file, int port) {
  /**
   * Writes {@code template} into {@code folder}, for a free port.
   *
   * @param backend where calls go, in the form of the proxy
   */
  static ProxyConfig fill(Path template, Path folder, String backend) throws IOException {
    int port = freePort();
    Path file = folder.resolve(template.getFileName());
    Files.writeString(
        file,
        Files.readString(template)
            .replace("@DIR@", folder.toString())
            .replace("@PORT@", Integer.toString(port))
            .replace("@BACKEND@", backend));
    return new ProxyConfig(file, port);
  }

  /** Somebody may take it before the proxy does; the proxy then says so and the run fails. */
  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  String address() {
    return "tcp:127.0.0.1:" + port;
  }
}
