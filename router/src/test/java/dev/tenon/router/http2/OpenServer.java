package dev.tenon.router.http2;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The server's side of a connection in memory, whose streams are the test's to answer. */
final class OpenServer implements ServerConnection.Acceptor {
  final FakeLoop loop = new FakeLoop();
  final FakePeer client;
  final Map<Integer, Taken> taken = new HashMap<>();
  final List<String> told = new ArrayList<>();
  Duration holds = Duration.ZERO;
  private final ServerConnection connection;

  OpenServer(int maxStreams) {
    FakeLink link = new FakeLink(loop);
    connection = new ServerConnection(link, this, maxStreams, new Flusher(loop));
    client = new FakePeer(loop, link, connection);
  }

  ServerConnection connection() {
    return connection;
  }

  /** Begins, as a client does that has these settings, and returns what is said after that. */
  OpenServer begun(int... settings) {
    var unused = client.send(Frames.ofClient().settings(settings));
    return this;
  }

  Taken stream(int id) {
    return requireNonNull(taken.get(id), "stream");
  }

  /** Flushes what streams have put. */
  List<String> said() {
    loop.run();
    return client.read();
  }

  @Override
  public StreamHandler accept(Http2Stream stream, List<HeaderField> head, boolean ends) {
    Taken call = new Taken(stream);
    call.events.addAll(Blocks.texts(head));
    if (ends) {
      call.events.add("END");
    }
    taken.put(stream.id(), call);
    return call;
  }

  /** Holds the client for as long as it has to be held, once. */
  @Override
  public Duration heldFor() {
    Duration once = holds;
    holds = Duration.ZERO;
    return once;
  }

  @Override
  public void broken(ErrorCode code, String what) {
    told.add(code + ": " + what);
  }

  @Override
  public void ended() {
    told.add("ended");
  }

  /** A stream, and what was told of it. */
  static final class Taken implements StreamHandler {
    final Http2Stream stream;
    final List<String> events = new ArrayList<>();
    int bytes;
    int sent;
    boolean widens;

    Taken(Http2Stream stream) {
      this.stream = stream;
    }

    /** Writes so many bytes; returns how many went at once. */
    int write(int count, boolean ends) {
      return stream.data(ByteBuffer.allocate(count), ends);
    }

    void answer() {
      stream.headers(Blocks.fields(Frames.answer()), /* ends= */ false);
    }

    @Override
    public void headers(List<HeaderField> fields, boolean ends) {
      events.add("trailers " + Blocks.texts(fields));
    }

    @Override
    public void headersTooLong() {
      events.add("too long");
    }

    @Override
    public void data(ByteBuffer part, boolean ends) {
      bytes += part.remaining();
      events.add("data " + part.remaining() + (ends ? " END" : ""));
    }

    @Override
    public void sent(int count) {
      sent += count;
    }

    @Override
    public boolean widens() {
      return widens;
    }

    @Override
    public void ended(End why) {
      events.add(why.name());
    }
  }
}
