package dev.tenon.router.http2;

import dev.tenon.transport.Link;
import java.nio.ByteBuffer;
import java.util.List;

/** The peer of one connection of ours: it sends frames, and reads what comes as Netty does. */
public final class FakePeer {
  private final FakeLoop loop;
  private final FakeLink link;
  private final Link.Receiver receiver;
  private final FrameText text = new FrameText();

  /** Makes the peer at the other end of {@code link}. */
  public FakePeer(FakeLoop loop, FakeLink link, Link.Receiver receiver) {
    this.loop = loop;
    this.link = link;
    this.receiver = receiver;
  }

  /** Returns how many streams our side has open. */
  public int openStreams() {
    return receiver instanceof Http2Connection connection ? connection.openStreams() : 0;
  }

  /** Returns the link in between. */
  public FakeLink link() {
    return link;
  }

  /** Sends {@code frames}; returns what came back of all that was flushed. */
  public List<String> send(Frames frames) {
    sendRaw(frames.bytes());
    return read();
  }

  /** Sends {@code bytes}, as one read of the link's, and as many turns as its receiver wants. */
  public void sendRaw(byte[] bytes) {
    if (!link.hasEnded()) {
      ByteBuffer left = ByteBuffer.wrap(bytes);
      do { // A receiver may leave some for its next turn.
        receiver.received(left);
        receiver.readComplete();
        loop.run();
      } while (left.hasRemaining() && !link.hasEnded());
    }
    loop.run();
  }

  /** Returns the frames that have come since the last look. */
  public List<String> read() {
    return text.read(link.taken());
  }

  /** Says whether the socket takes more, and tells. */
  public void writable(boolean is) {
    link.writable(is);
    receiver.writabilityChanged();
    loop.run();
  }

  /** The connection breaks. */
  public void lose() {
    receiver.closed();
    loop.run();
  }
}
