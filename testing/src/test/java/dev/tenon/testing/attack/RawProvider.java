package dev.tenon.testing.attack;

import dev.tenon.transport.Link;
import dev.tenon.transport.LinkHandler;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A provider that speaks HTTP/2 by hand: it acknowledges settings, and gives to each call the bytes
 * that the test wants. Thread-safe.
 */
final class RawProvider implements LinkHandler {
  private static final int PREFACE_BYTES = 24;
  private static final int HEAD_BYTES = 9;
  private static final byte[] SETTINGS = frame(RawHttp2.SETTINGS, 0, 0, new byte[0]);
  private static final byte[] SETTINGS_ACK = frame(RawHttp2.SETTINGS, 1, 0, new byte[0]);

  private volatile Script script = stream -> new byte[0];

  /** What is sent when a call has come. */
  @FunctionalInterface
  interface Script {
    byte[] answer(int stream);
  }

  /** Answers from here on so. */
  void answers(Script next) {
    script = next;
  }

  /** Returns one frame. */
  static byte[] frame(int type, int flags, int stream, byte[] payload) {
    return ByteBuffer.allocate(HEAD_BYTES + payload.length)
        .putInt(payload.length << 8 | type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }

  /** Returns the HEADERS of an answer; {@code last}: they end it. */
  static byte[] headers(int stream, boolean last, String... namesAndValues) {
    byte[] block = RawHttp2.literals(List.of(namesAndValues));
    return frame(RawHttp2.HEADERS, last ? 5 : 4, stream, block);
  }

  /** Returns {@code parts}, one after the other. */
  static byte[] all(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  @Override
  public Link.Receiver accepted(Link link) {
    put(link, SETTINGS);
    return new Reader(link);
  }

  private static void put(Link link, byte[] bytes) {
    ByteBuffer unused = link.out(bytes.length).put(bytes);
    link.flush();
  }

  private final class Reader implements Link.Receiver {
    private final Link link;
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private boolean hasPreface;

    Reader(Link link) {
      this.link = link;
    }

    @Override
    public void received(ByteBuffer bytes) {
      byte[] more = new byte[bytes.remaining()];
      bytes.get(more);
      kept.writeBytes(more);
      ByteBuffer all = ByteBuffer.wrap(kept.toByteArray());
      kept.reset();
      if (!hasPreface && all.remaining() >= PREFACE_BYTES) {
        hasPreface = true;
        all.position(PREFACE_BYTES);
      }
      while (hasPreface && all.remaining() >= HEAD_BYTES) {
        int length = all.getInt(all.position()) >>> 8;
        if (all.remaining() < HEAD_BYTES + length) {
          break;
        }
        read(
            all.get(all.position() + 3),
            all.get(all.position() + 4),
            all.getInt(all.position() + 5));
        all.position(all.position() + HEAD_BYTES + length);
      }
      kept.write(all.array(), all.position(), all.remaining());
    }

    private void read(int type, int flags, int stream) {
      if (type == RawHttp2.SETTINGS) {
        if (flags == 0) {
          link.begun();
          put(link, SETTINGS_ACK);
        } else {
          link.agreed();
        }
      } else if (type == RawHttp2.HEADERS) {
        put(link, script.answer(stream));
      }
    }

    @Override
    public void readComplete() {
      // All was flushed.
    }

    @Override
    public void writabilityChanged() {
      // It writes whether anybody reads or not.
    }

    @Override
    public void closed() {
      // Another connection is another chance.
    }

    @Override
    public void goodbye() {
      link.end();
    }

    @Override
    public void retire() {
      // It stays.
    }
  }
}
