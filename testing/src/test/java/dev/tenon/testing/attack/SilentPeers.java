package dev.tenon.testing.attack;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Iterator;

/**
 * Connections of many addresses to one port of this machine on which nothing is said, and which are
 * made again when they are closed. A program of its own, since a process may have so many files
 * open: the arguments say to which port, how many, and of which group of addresses. It says {@code
 * open} when all were open once, and ends when its input does.
 */
final class SilentPeers {
  /** From each address; a host takes 512 unless it is told otherwise. */
  private static final int OF_ADDRESS = 250;

  private static final int A_SECOND = 4_000;

  private final Selector selector = Selector.open();
  private final ByteBuffer read = ByteBuffer.allocate(1024);
  private final InetSocketAddress to;
  private final int group;
  private final int wanted;
  private final long begun = System.nanoTime();
  private long made;
  private int open;
  private long connected;

  private SilentPeers(int port, int wanted, int group) throws IOException {
    this.to = new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port);
    this.wanted = wanted;
    this.group = group;
  }

  /** Runs until there is no more input. */
  public static void main(String[] arguments) throws IOException {
    SilentPeers peers =
        new SilentPeers(
            Integer.parseInt(arguments[0]),
            Integer.parseInt(arguments[1]),
            Integer.parseInt(arguments[2]));
    boolean hasSaid = false;
    while (System.in.available() == 0) {
      peers.turn();
      if (!hasSaid && peers.connected >= peers.wanted) {
        hasSaid = true;
        System.out.println("open");
      }
    }
    System.out.println("connections " + peers.connected);
  }

  private void turn() throws IOException {
    long due = (System.nanoTime() - begun) * A_SECOND / 1_000_000_000L;
    while (open < wanted && made < due) {
      connect();
    }
    if (open == wanted) {
      made = Math.max(made, due); // No more at once later for having had nothing to do.
    }
    selector.select(1);
    Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
    while (ready.hasNext()) {
      SelectionKey key = ready.next();
      ready.remove();
      if (!goesOn(key)) {
        key.channel().close();
        open--;
      }
    }
  }

  private void connect() throws IOException {
    byte address = (byte) (2 + made % (wanted / OF_ADDRESS + 1) % 250);
    SocketChannel socket = SocketChannel.open();
    socket.configureBlocking(false);
    socket.bind(
        new InetSocketAddress(
            InetAddress.getByAddress(new byte[] {127, 0, (byte) (1 + group), address}), 0));
    made++;
    open++;
    boolean isConnected = socket.connect(to);
    var unused =
        socket.register(selector, isConnected ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT);
    if (isConnected) {
      connected++;
    }
  }

  private boolean goesOn(SelectionKey key) {
    SocketChannel socket = (SocketChannel) key.channel();
    try {
      if (key.isConnectable()) {
        boolean unused = socket.finishConnect();
        connected++;
        key.interestOps(SelectionKey.OP_READ);
        return true;
      }
      read.clear();
      return socket.read(read) >= 0;
    } catch (IOException e) {
      return false;
    }
  }
}
