package dev.tenon.host.life;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A TCP proxy on the loopback interface whose connections a test ends with a reset. */
final class CuttingProxy implements AutoCloseable {
  private final ServerSocket listener;
  private final int target;
  private final List<Socket> open = new CopyOnWriteArrayList<>();

  /** Starts a proxy to {@code target}. */
  CuttingProxy(int target) throws IOException {
    this.target = target;
    listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    daemon(this::acceptAll);
  }

  int port() {
    return listener.getLocalPort();
  }

  private static void daemon(Runnable work) {
    Thread thread = new Thread(work, "cutting-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private void acceptAll() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        Socket host = new Socket(InetAddress.getLoopbackAddress(), target);
        open.addAll(List.of(client, host));
        daemon(() -> pass(client, host));
        daemon(() -> pass(host, client));
      } catch (IOException e) {
        // Closed, or the host's listener is.
      }
    }
  }

  private static void pass(Socket from, Socket to) {
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] bytes = new byte[1 << 14];
      for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
        out.write(bytes, 0, read);
      }
      to.shutdownOutput();
    } catch (IOException e) {
      // Cut, or ended by one of the two.
    }
  }

  /** Ends all connections there are; what is on its way is lost. Others can be made at once. */
  void cut() {
    List<Socket> present = List.copyOf(open);
    for (Socket socket : present) {
      try {
        socket.setSoLinger(true, 0); // RST
        socket.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    open.removeAll(present);
  }

  @Override
  public void close() throws IOException {
    listener.close();
    cut();
  }
}
