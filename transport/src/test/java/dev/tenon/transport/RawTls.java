package dev.tenon.transport;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tenon.transport.PeerCheck.Purpose;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;

/** A client of the JDK's sockets, which does no more than a test tells it to. */
final class RawTls {
  /** Less than what the tests call long. */
  private static final long MOST_NANOS = 40_000_000_000L;

  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  private final SSLContext context;

  RawTls(Credentials client, List<X509Certificate> trusted) throws Exception {
    this(
        client,
        trusted,
        new PeerCheck(
            Connections.THE_HOST, Purpose.SERVER, Optional.of(Dns.HOST), InstantSource.system()));
  }

  private RawTls(Credentials own, List<X509Certificate> trusted, PeerCheck check) throws Exception {
    context = SSLContext.getInstance("TLS");
    TrustManager[] trust = {new PeerTrustManager(trusted, check, () -> {}, fault -> {})};
    context.init(keys(own), trust, null);
  }

  /** Returns a socket that listens, for a server of its own that takes the host alone. */
  static SSLServerSocket listen(Credentials own, List<X509Certificate> trusted) throws Exception {
    PeerCheck check =
        new PeerCheck(
            Connections.THE_HOST, Purpose.CLIENT, Optional.empty(), InstantSource.system());
    return (SSLServerSocket)
        new RawTls(own, trusted, check)
            .context
            .getServerSocketFactory()
            .createServerSocket(0, 0, InetAddress.getLoopbackAddress());
  }

  /** Accepts a connection, on which nothing but {@code protocol} is spoken; no handshake yet. */
  static SSLSocket accept(SSLServerSocket from, String protocol) throws IOException {
    SSLSocket socket = (SSLSocket) from.accept();
    socket.setSoTimeout(60_000);
    socket.setNeedClientAuth(true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setProtocols(new String[] {protocol});
    parameters.setApplicationProtocols(new String[] {"h2"});
    socket.setSSLParameters(parameters);
    return socket;
  }

  private static KeyManager[] keys(Credentials client) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(
        "key", client.key().orElseThrow(), new char[0], client.chain().toArray(Certificate[]::new));
    KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
    factory.init(store, new char[0]);
    return factory.getKeyManagers();
  }

  /** Returns a socket that has not begun its handshake. */
  SSLSocket socket(Endpoint to, String protocol) throws IOException {
    SSLSocket socket =
        (SSLSocket)
            context
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), ((Endpoint.Tcp) to).port());
    socket.setSoTimeout(10_000);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setProtocols(new String[] {protocol});
    parameters.setApplicationProtocols(new String[] {"h2"});
    socket.setSSLParameters(parameters);
    return socket;
  }

  /** Returns a socket whose handshake is done; the server has read the client's part of it. */
  SSLSocket connect(Endpoint to) throws IOException {
    SSLSocket socket = socket(to, "TLSv1.3");
    socket.startHandshake();
    return socket;
  }

  /**
   * Returns a client's preface with SETTINGS that leave all windows wide open, its WINDOW_UPDATE,
   * and a request of {@code path} with an empty message, on stream 1. None of it is an answer to
   * the server's SETTINGS.
   */
  static byte[] request(String path) {
    return request(path, new byte[0]);
  }

  /** Returns the same with {@code message}. */
  static byte[] request(String path, byte[] message) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(PREFACE.getBytes(US_ASCII));
    // INITIAL_WINDOW_SIZE (4) of 2^31-1, and as much more for the connection as there may be.
    frame(bytes, 4, 0, 0, new byte[] {0, 4, 0x7f, -1, -1, -1});
    frame(bytes, 8, 0, 0, new byte[] {0x7f, -1, 0, 0});
    ByteArrayOutputStream headers = new ByteArrayOutputStream();
    headers.write(0x83); // :method POST
    headers.write(0x87); // :scheme https
    header(headers, ":path", path);
    header(headers, ":authority", Dns.HOST);
    header(headers, "content-type", "application/grpc");
    header(headers, "te", "trailers");
    frame(bytes, 1, 4, 1, headers.toByteArray());
    byte[] body =
        ByteBuffer.allocate(5 + message.length)
            .put(4, (byte) message.length)
            .put(5, message)
            .array();
    frame(bytes, 0, 1, 1, body);
    return bytes.toByteArray();
  }

  private static void header(ByteArrayOutputStream to, String name, String value) {
    to.write(0); // literal, not indexed, with its name
    to.write(name.length());
    to.writeBytes(name.getBytes(US_ASCII));
    to.write(value.length());
    to.writeBytes(value.getBytes(US_ASCII));
  }

  private static void frame(
      ByteArrayOutputStream to, int type, int flags, int stream, byte[] payload) {
    to.writeBytes(new byte[] {0, 0, (byte) payload.length, (byte) type, (byte) flags});
    to.writeBytes(new byte[] {0, 0, 0, (byte) stream});
    to.writeBytes(payload);
  }

  /**
   * Reads from {@code socket} to its end, and writes one byte of {@code trickle} every {@code
   * pauseMillis} meanwhile.
   */
  static void awaitEnd(Socket socket, byte[] trickle, int pauseMillis) throws IOException {
    long begin = System.nanoTime();
    socket.setSoTimeout(pauseMillis);
    int sent = 0;
    try {
      while (System.nanoTime() - begin < MOST_NANOS) {
        try {
          if (socket.getInputStream().read(new byte[1024]) < 0) {
            return;
          }
        } catch (SocketTimeoutException e) {
          if (sent < trickle.length) {
            socket.getOutputStream().write(trickle, sent++, 1);
            socket.getOutputStream().flush();
          }
        }
      }
    } catch (IOException e) {
      return; // reset
    }
    throw new AssertionError("the connection is open (expected: closed)");
  }
}
