package dev.tenon.router.http2;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What must hold for any bytes of a peer, after it has begun as it should: nothing is thrown, Netty
 * can read what we answer, and streams are told of their end. The first byte says in which pieces
 * the others come.
 */
public final class PeerBytes {
  private static final Duration LONG = Duration.ofMinutes(1);

  private PeerBytes() {}

  /** Returns the pieces. */
  public static List<byte[]> pieces(byte[] bytes) {
    if (bytes.length == 0) {
      return List.of();
    }
    int size = bytes[0] == 0 ? bytes.length : bytes[0] & 0xff;
    List<byte[]> pieces = new ArrayList<>();
    for (int at = 1; at < bytes.length; at += size) {
      pieces.add(Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + size)));
    }
    return pieces;
  }

  /** Has a client say {@code bytes} to a server; returns whether it was content. */
  public static boolean ofClient(byte[] bytes) {
    OpenServer server = new OpenServer(10).begun();
    boolean isContent = true;
    for (byte[] piece : pieces(bytes)) {
      isContent &= content(server.client.send(new Frames().raw(piece)));
      server.taken.values().forEach(call -> call.stream.consumed(0));
    }
    for (OpenServer.Taken call : List.copyOf(server.taken.values())) {
      call.answer();
      int unused = call.write(100, true);
    }
    isContent &= content(server.said());
    server.loop.advance(LONG);
    isContent &= content(server.client.read());
    server.client.lose();
    assertThat(server.connection().openStreams()).isZero();
    assertThat(server.told).containsOnlyOnce("ended");
    return isContent;
  }

  /**
   * Has a server say {@code bytes} to a client with three streams; returns whether it was content.
   */
  public static boolean ofServer(byte[] bytes) {
    FakeLoop loop = new FakeLoop();
    FakeLink link = new FakeLink(loop);
    Ends ends = new Ends();
    ClientConnection connection = new ClientConnection(link, ends, new Flusher(loop));
    FakePeer server = new FakePeer(loop, link, connection);
    boolean isContent = content(server.send(Frames.ofServer()));
    for (int i = 0; i < 3; i++) {
      Http2Stream stream = connection.open(Blocks.fields(Frames.call()), i == 0, ends);
      int unused = stream.data(ByteBuffer.allocate(10), false);
    }
    for (byte[] piece : pieces(bytes)) {
      isContent &= content(server.send(new Frames().raw(piece)));
    }
    loop.advance(LONG);
    isContent &= content(server.read());
    server.lose();
    assertThat(connection.openStreams()).isZero();
    assertThat(ends.over).isEqualTo(1);
    assertThat(ends.streams).isLessThanOrEqualTo(3);
    return isContent;
  }

  /** Returns whether we refused nothing. */
  public static boolean content(List<String> said) {
    return said.stream()
        .noneMatch(
            line ->
                (line.startsWith("RST_STREAM") && !line.endsWith("NO_ERROR"))
                    || (line.startsWith("GOAWAY") && !line.endsWith("NO_ERROR"))
                    || line.contains(":status: 431"));
  }

  private static final class Ends implements ClientConnection.Listener, StreamHandler {
    private int over;
    private int streams;

    @Override
    public void roomMade() {}

    @Override
    public void leaving() {}

    @Override
    public void broken(ErrorCode code, String what) {}

    @Override
    public void ended() {
      over++;
    }

    @Override
    public void headers(List<HeaderField> fields, boolean ends) {}

    @Override
    public void headersTooLong() {}

    @Override
    public void data(ByteBuffer part, boolean ends) {}

    @Override
    public void sent(int bytes) {}

    @Override
    public void ended(End why) {
      streams++;
    }
  }
}
