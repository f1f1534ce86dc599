package dev.tenon.testing.attack;

import dev.tenon.transport.Link;
import dev.tenon.transport.LinkHandler;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A provider that speaks HTTP/2 by hand: it acknowledges settings, says that it serves when it is
 * asked for its health, and gives to each other call the bytes that the test wants. Thread-safe.
 */
final class RawProvider implements LinkHandler {
  private static final int PREFACE_BYTES = 24;
  private static final int HEAD_BYTES = 9;
  private static final byte[] SETTINGS = frame(RawHttp2.SETTINGS, 0, 0, new byte[0]);
  private static final String HEALTH = "/grpc.health.v1.Health/Check";

  /** A message of two bytes: field 1, SERVING. */
  private static final byte[] SERVING = {0, 0, 0, 0, 2, 8, 1};

  private static final byte[] SETTINGS_ACK = frame(RawHttp2.SETTINGS, 1, 0, new byte[0]);

  /** The heads of the calls that came, since the test cleared it. */
  final Queue<Http2Headers> heads = new ConcurrentLinkedQueue<>();

  /** How many calls were reset by the host. */
  final AtomicInteger resets = new AtomicInteger();

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

  /** Returns the answer of one message, with its prefix, and OK. */
  static byte[] answer(int stream, byte[] message) {
    return all(
        headers(stream, /* last= */ false, ":status", "200", "content-type", "application/grpc"),
        frame(RawHttp2.DATA, 0, stream, message),
        headers(stream, /* last= */ true, "grpc-status", "0"));
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
    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);
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
        byte[] payload = new byte[length];
        all.get(all.position() + HEAD_BYTES, payload);
        read(
            all.get(all.position() + 3),
            all.get(all.position() + 4),
            all.getInt(all.position() + 5),
            payload);
        all.position(all.position() + HEAD_BYTES + length);
      }
      kept.write(all.array(), all.position(), all.remaining());
    }

    private void read(int type, int flags, int stream, byte[] payload) {
      if (type == RawHttp2.SETTINGS) {
        if (flags == 0) {
          link.begun();
          put(link, SETTINGS_ACK);
        } else {
          link.agreed();
        }
      } else if (type == RawHttp2.HEADERS) {
        Http2Headers head = head(stream, payload);
        if (HEALTH.contentEquals(head.path())) {
          put(link, answer(stream, SERVING));
        } else {
          heads.add(head);
          put(link, script.answer(stream));
        }
      } else if (type == RawHttp2.RST_STREAM) {
        resets.incrementAndGet();
      }
    }

    private Http2Headers head(int stream, byte[] block) {
      try {
        return decoder.decodeHeaders(stream, Unpooled.wrappedBuffer(block));
      } catch (Http2Exception e) {
        throw new AssertionError(e);
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
