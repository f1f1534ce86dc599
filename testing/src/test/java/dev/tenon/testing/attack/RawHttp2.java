package dev.tenon.testing.attack;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.tenon.transport.Endpoint;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * One connection on which a test writes HTTP/2 frames (RFC 9113) byte by byte, over mTLS: what no
 * well-behaved client would send. Not thread-safe.
 */
final class RawHttp2 implements AutoCloseable {
  private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(ISO_8859_1);
  private static final int MAX_FRAME = 16_384;
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int PRIORITY = 2;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PUSH_PROMISE = 5;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;
  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;
  private static final int ACK = 1;
  private static final int TIMEOUT_MILLIS = 60_000;

  /** How much all connections of this process have sent, in clear and without TLS's own. */
  private static final LongAdder WRITTEN = new LongAdder();

  private final SSLSocket socket;
  private final OutputStream out;
  private final DataInputStream in;
  private boolean holds;
  private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);
  private final StringBuilder fields = new StringBuilder();

  private RawHttp2(SSLSocket socket) throws IOException {
    this.socket = socket;
    out = new BufferedOutputStream(socket.getOutputStream(), MAX_FRAME);
    in = new DataInputStream(socket.getInputStream());
  }

  static long written() {
    return WRITTEN.sum();
  }

  /** Connects without a word of TLS. */
  static Socket tcp(Endpoint to) throws IOException {
    Endpoint.Tcp address = (Endpoint.Tcp) to;
    Socket socket = new Socket(address.host(), address.port());
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.setTcpNoDelay(true);
    return socket;
  }

  /** Connects to {@code to} with the certificate of {@code plugin}, up to the end of TLS. */
  static RawHttp2 tls(Endpoint to, RawPlugin plugin) throws IOException {
    return tls(to, plugin, "h2");
  }

  /** Connects as {@link #tls(Endpoint, RawPlugin)} does, and asks for another protocol (ALPN). */
  static RawHttp2 tls(Endpoint to, RawPlugin plugin, String protocol) throws IOException {
    return tls(to, context(plugin), protocol);
  }

  private static RawHttp2 tls(Endpoint to, SSLContext context, String protocol) throws IOException {
    SSLSocket socket =
        (SSLSocket)
            context
                .getSocketFactory()
                .createSocket(tcp(to), "host.tenon.internal", 0, /* autoClose= */ true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {protocol});
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return new RawHttp2(socket);
  }

  /** Connects as {@link #tls} does, and begins HTTP/2. */
  static RawHttp2 connect(Endpoint to, RawPlugin plugin) throws IOException {
    return connect(to, plugin, new byte[0]);
  }

  /** Connects as {@link #tls} does, and begins HTTP/2 with these settings. */
  static RawHttp2 connect(Endpoint to, RawPlugin plugin, byte[] settings) throws IOException {
    return begun(tls(to, plugin), settings);
  }

  /** Connects as the plugin whose {@link #context} it is. */
  static RawHttp2 connect(Endpoint to, SSLContext context, byte... settings) throws IOException {
    return begun(tls(to, context, "h2"), settings);
  }

  private static RawHttp2 begun(RawHttp2 connection, byte[] settings) throws IOException {
    connection.out.write(PREFACE);
    connection.frame(SETTINGS, 0, 0, settings);
    return connection;
  }

  /** Returns what {@code plugin} connects with; dear to make. */
  static SSLContext context(RawPlugin plugin) throws IOException {
    try {
      char[] none = new char[0];
      KeyStore keys = KeyStore.getInstance("PKCS12");
      keys.load(null, none);
      Certificate[] chain = plugin.credentials().chain().toArray(Certificate[]::new);
      keys.setKeyEntry("plugin", plugin.privateKey(), none, chain);
      KeyManagerFactory factory =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      factory.init(keys, none);
      KeyManager[] own = factory.getKeyManagers();
      SSLContext context = SSLContext.getInstance("TLSv1.3");
      context.init(own, new TrustManager[] {new TrustsAnyHost()}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** Sends a header block of literal fields, in as many frames as it needs. */
  void headers(int stream, boolean last, List<String> namesAndValues) throws IOException {
    byte[] block = literals(namesAndValues);
    for (int from = 0; from < block.length; from += MAX_FRAME) {
      int length = Math.min(MAX_FRAME, block.length - from);
      byte[] part = new byte[length];
      System.arraycopy(block, from, part, 0, length);
      int flags = from + length == block.length ? END_HEADERS : 0;
      if (from == 0 && last) {
        flags |= END_STREAM;
      }
      frame(from == 0 ? HEADERS : CONTINUATION, flags, stream, part);
    }
  }

  /** Sends one empty gRPC message. */
  void emptyMessage(int stream, boolean last) throws IOException {
    frame(DATA, last ? END_STREAM : 0, stream, new byte[5]);
  }

  /** RFC 7541, section 6.2.2: literal header fields without indexing, names and values as such. */
  static byte[] literals(List<String> namesAndValues) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    for (int i = 0; i < namesAndValues.size(); i += 2) {
      block.write(0);
      string(block, namesAndValues.get(i));
      string(block, namesAndValues.get(i + 1));
    }
    return block.toByteArray();
  }

  /** RFC 7541, sections 5.1 and 5.2: length in a prefix of 7 bits, no Huffman code. */
  private static void string(ByteArrayOutputStream block, String text) {
    byte[] bytes = text.getBytes(ISO_8859_1);
    if (bytes.length < 127) {
      block.write(bytes.length);
    } else {
      block.write(127);
      int rest = bytes.length - 127;
      for (; rest >= 128; rest >>>= 7) {
        block.write((rest & 127) | 128);
      }
      block.write(rest);
    }
    block.writeBytes(bytes);
  }

  /** Sends bytes that are no frame. */
  void bytes(String text) throws IOException {
    out.write(text.getBytes(ISO_8859_1));
    out.flush();
  }

  /** Sends one frame, whatever it is. */
  void frame(int type, int flags, int stream, byte[] payload) throws IOException {
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    frame.write(payload.length >>> 16);
    frame.write(payload.length >>> 8);
    frame.write(payload.length);
    frame.write(type);
    frame.write(flags);
    for (int shift = 24; shift >= 0; shift -= 8) {
      frame.write(stream >>> shift);
    }
    frame.write(payload);
    WRITTEN.add(frame.size());
    try {
      out.write(frame.toByteArray());
      if (!holds) {
        out.flush();
      }
    } catch (SocketException | SSLException e) {
      // The other side has closed; the end that is read tells how.
    }
  }

  /** From here on frames are sent when there are many, or {@link #sendHeld} is called. */
  void hold() {
    holds = true;
  }

  /** Sends what is held, and each frame at once from here on. */
  void sendHeld() throws IOException {
    holds = false;
    try {
      out.flush();
    } catch (SocketException | SSLException e) {
      // As above.
    }
  }

  /** Opens a window: of {@code stream}, or of the connection if 0. */
  void window(int stream, int more) throws IOException {
    frame(WINDOW_UPDATE, 0, stream, integer(more));
  }

  static byte[] integer(int value) {
    return new byte[] {
      (byte) (value >>> 24), (byte) (value >>> 16), (byte) (value >>> 8), (byte) value
    };
  }

  /** Reads until the connection ends, and returns the code of its GOAWAY; -1 without one. */
  int goAway() throws IOException {
    try {
      while (true) {
        int length = (in.readUnsignedByte() << 16) | in.readUnsignedShort();
        int type = in.readUnsignedByte();
        in.skipNBytes(5);
        byte[] payload = in.readNBytes(length);
        if (type == GOAWAY) {
          return code(payload, 4);
        }
      }
    } catch (EOFException | SocketException | SSLException e) {
      return -1;
    }
  }

  /** Reads until the other side's SETTINGS come, and acknowledges them. */
  void agree() throws IOException {
    int type = -1;
    while (type != SETTINGS) {
      int length = (in.readUnsignedByte() << 16) | in.readUnsignedShort();
      type = in.readUnsignedByte();
      in.skipNBytes(5 + length);
    }
    frame(SETTINGS, ACK, 0, new byte[0]);
  }

  /** Reads until some DATA of {@code stream} comes. */
  void awaitData(int stream) throws IOException {
    while (true) {
      int length = (in.readUnsignedByte() << 16) | in.readUnsignedShort();
      int type = in.readUnsignedByte();
      in.skipNBytes(1);
      int of = in.readInt();
      in.skipNBytes(length);
      if (type == DATA && of == stream) {
        return;
      }
    }
  }

  /** Reads, and answers nothing, until the other side closes the connection. */
  void awaitClosed() throws IOException {
    try {
      while (in.read() >= 0) {
        // Whatever it is.
      }
    } catch (SocketException | SSLException e) {
      // Closed without a word.
    }
  }

  /**
   * Reads until {@code stream} ends, and returns how: {@code grpc <status>: <text>}, {@code http
   * <status>} without a gRPC status, {@code reset <code>}, {@code goaway <code>}, or {@code
   * closed}.
   */
  String end(int stream) throws IOException {
    String http = "-";
    try {
      while (true) {
        int length = (in.readUnsignedByte() << 16) | in.readUnsignedShort();
        int type = in.readUnsignedByte();
        int flags = in.readUnsignedByte();
        int of = in.readInt();
        byte[] payload = in.readNBytes(length);
        if (type == SETTINGS && flags != ACK) {
          frame(SETTINGS, ACK, 0, new byte[0]);
        } else if (type == GOAWAY) {
          return "goaway " + code(payload, 4);
        } else if (type == RST_STREAM && of == stream) {
          return "reset " + code(payload, 0);
        } else if (type == HEADERS) {
          Http2Headers headers = decoder.decodeHeaders(of, Unpooled.wrappedBuffer(payload));
          fields.append(headers).append('\n');
          if (of != stream) {
            continue; // Decoded all the same: the table is the connection's.
          }
          if (headers.contains("grpc-status")) {
            return "grpc " + headers.get("grpc-status") + ": " + headers.get("grpc-message");
          }
          http = String.valueOf(headers.status());
        }
        if ((type == HEADERS || type == DATA) && of == stream && (flags & END_STREAM) != 0) {
          return "http " + http;
        }
      }
    } catch (EOFException | SocketException | SSLException e) {
      return "closed";
    } catch (Http2Exception e) {
      throw new AssertionError(e);
    }
  }

  /** Returns all header fields that {@link #end} has read, as text. */
  String fields() {
    return fields.toString();
  }

  private static int code(byte[] payload, int at) {
    int code = 0;
    for (int i = at; i < at + 4; i++) {
      code = (code << 8) | (payload[i] & 0xff);
    }
    return code;
  }

  /** Returns the fields of an ordinary gRPC request, which a test adds to. */
  static List<String> request(String path) {
    return List.of(
        ":method", "POST",
        ":scheme", "https",
        ":path", path,
        ":authority", "host.tenon.internal",
        "content-type", "application/grpc",
        "te", "trailers");
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  /** The attacker's: it does not care whom it talks to. */
  private static final class TrustsAnyHost implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
