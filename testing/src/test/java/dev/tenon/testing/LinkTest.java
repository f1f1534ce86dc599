package dev.tenon.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.Test;

class LinkTest {
  /** A proxy that closes may end a connection that it has accepted and not yet started. */
  @Test
  void start_linkThatWasReset_startsNothing() throws Exception {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    Weather silence = new Weather();
    silence.silence();
    try (ServerSocket server = new ServerSocket(0, 1, loopback);
        Socket client = new Socket(loopback, server.getLocalPort())) {
      Link link = new Link(client, new InetSocketAddress(loopback, server.getLocalPort()), silence);

      link.reset();
      link.start();

      assertThat(link.isStarted()).isFalse();
    }
  }
}
