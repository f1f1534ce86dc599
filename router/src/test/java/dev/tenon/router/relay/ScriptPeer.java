package dev.tenon.router.relay;

import dev.tenon.router.http2.ErrorCode;
import dev.tenon.router.http2.FakePeer;
import dev.tenon.router.http2.Frames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A peer that keeps to HTTP/2 whatever the script wants: windows, ends, and what limits it. */
final class ScriptPeer implements Transcript.Windows {
  private static final int MOST_SETTINGS = 30;
  private static final int MOST_PINGS = 150;
  private static final int MOST_IDLE = 600;
  private static final int MAX_PAYLOAD = 16_384;

  private static final int PADDED = 0x8;
  private static final int PRIORITISED = 0x20;
  private static final int END_HEADERS = 0x4;

  final Transcript sent = new Transcript(new Ignored());
  final Transcript got = new Transcript(this);
  final Map<Integer, Stream> streams = new HashMap<>();
  private final List<Stream> sending = new ArrayList<>();
  private final Set<Stream> open = new HashSet<>();
  private final FakePeer link;
  private final Choices choices;
  private final boolean isHostile;
  private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
  private Frames pending = new Frames();
  private long window = 65_535;
  private long initial = 65_535;
  private int settings;
  private int pings;
  private int idle;
  private int frames;

  /** One stream of this peer's. */
  static final class Stream {
    final int id;
    final Messages messages;
    private long window;
    boolean headSent;
    private boolean over; // We say nothing more on it.
    private boolean remoteEnded;

    private Stream(int id, long window, int seed) {
      this.id = id;
      this.window = window;
      this.messages = new Messages(seed);
    }
  }

  /** Content that never ends: messages with their prefixes, the same for the same seed. */
  static final class Messages {
    private long state;
    private int left;
    private int prefix;
    private int length;

    private Messages(int seed) {
      state = seed * 0x9E37_79B9_7F4A_7C15L + 1;
    }

    private int random() {
      state = state * 6_364_136_223_846_793_005L + 1_442_695_040_888_963_407L;
      return (int) (state >>> 33);
    }

    private byte[] next(int count) {
      byte[] bytes = new byte[count];
      for (int i = 0; i < count; i++) {
        bytes[i] = one();
      }
      return bytes;
    }

    private byte one() {
      if (left > 0) {
        left--;
        return (byte) random();
      }
      if (prefix == 0) {
        length = random() % (random() % 8 == 0 ? 9_000 : 90);
      }
      byte part = prefix == 0 ? 0 : (byte) (length >>> (8 * (4 - prefix)));
      if (++prefix == 5) {
        prefix = 0;
        left = length;
      }
      return part;
    }
  }

  private static final class Ignored implements Transcript.Windows {
    @Override
    public void opened(int stream, int bytes) {}

    @Override
    public void initial(int bytes) {}

    @Override
    public void ended(int stream, boolean byReset) {}
  }

  ScriptPeer(FakePeer link, Choices choices, boolean isHostile) {
    this.link = link;
    this.choices = choices;
    this.isHostile = isHostile;
  }

  int frames() {
    return frames;
  }

  boolean hasEnded() {
    return link.link().hasEnded();
  }

  // What comes.

  void read() {
    got.read(link.link().taken());
  }

  @Override
  public void opened(int stream, int bytes) {
    if (stream == 0) {
      window += bytes;
    } else if (streams.containsKey(stream)) {
      streams.get(stream).window += bytes;
    }
  }

  @Override
  public void initial(int bytes) {
    long difference = bytes - initial;
    initial = bytes;
    streams.values().forEach(stream -> stream.window += difference);
  }

  @Override
  public void ended(int stream, boolean byReset) {
    Stream known = streams.get(stream);
    if (known != null) {
      known.remoteEnded = true;
      if (byReset) {
        over(known);
      }
      forgetIfDone(known);
    }
  }

  private void over(Stream stream) {
    stream.over = true;
    sending.remove(stream);
    forgetIfDone(stream);
  }

  private void forgetIfDone(Stream stream) {
    if (stream.over && stream.remoteEnded) {
      open.remove(stream);
    }
  }

  // What goes.

  /** Begins to say something on a stream. */
  Stream begin(int id, int seed) {
    Stream stream = new Stream(id, initial, seed);
    streams.put(id, stream);
    sending.add(stream);
    open.add(stream);
    return stream;
  }

  /** Returns whether something can still be said on some stream. */
  boolean isSending() {
    return !sending.isEmpty();
  }

  Stream any() {
    return sending.get(choices.below(sending.size()));
  }

  /** Returns how many streams have not ended for both sides. */
  int open() {
    return open.size();
  }

  void headers(Stream stream, List<String> fields, boolean ends) {
    byte[] block = block(fields);
    int parts = 1 + (choices.oneIn(4) ? choices.below(4) : 0);
    int padding = choices.oneIn(6) ? choices.below(256) : -1;
    boolean isPrioritised = choices.oneIn(8);
    int begin = 0;
    for (int part = 0; part < parts; part++) {
      int end = block.length * (part + 1) / parts;
      byte[] fragment = Arrays.copyOfRange(block, begin, end);
      int flags = part == parts - 1 ? END_HEADERS : 0;
      if (part == 0) {
        flags |= ends ? 1 : 0;
        flags |= padding >= 0 ? PADDED : 0;
        flags |= isPrioritised ? PRIORITISED : 0;
        frame(0x1, flags, stream.id, first(fragment, padding, isPrioritised));
      } else {
        frame(0x9, flags, stream.id, fragment);
      }
      begin = end;
    }
    stream.headSent = true;
    if (ends) {
      over(stream);
    }
  }

  private static byte[] first(byte[] fragment, int padding, boolean isPrioritised) {
    ByteBuf payload = Unpooled.buffer();
    if (padding >= 0) {
      payload.writeByte(padding);
    }
    if (isPrioritised) {
      payload.writeInt(0).writeByte(15);
    }
    payload.writeBytes(fragment).writeZero(Math.max(0, padding));
    return ByteBufUtil.getBytes(payload);
  }

  private byte[] block(List<String> fields) {
    Http2Headers headers = new DefaultHttp2Headers(/* validate= */ false);
    for (String field : fields) {
      int colon = field.indexOf(": ", 1);
      headers.add(field.substring(0, colon), field.substring(colon + 2));
    }
    ByteBuf out = Unpooled.buffer();
    try {
      encoder.encodeHeaders(3, headers, out);
    } catch (Http2Exception e) {
      throw new AssertionError(e);
    }
    return ByteBufUtil.getBytes(out);
  }

  void data(Stream stream, boolean ends) {
    int padding = choices.oneIn(5) ? choices.below(256) : -1;
    int around = padding < 0 ? 0 : padding + 1;
    int wanted = choices.oneIn(6) ? choices.below(20_000) : choices.below(200);
    long room = Math.min(Math.min(window, stream.window), MAX_PAYLOAD) - around;
    if (room < 0) {
      return;
    }
    int count = (int) Math.min(wanted, room);
    byte[] content = stream.messages.next(count);
    window -= count + around;
    stream.window -= count + around;
    frames++;
    if (padding < 0) {
      pending.data(stream.id, ends, content);
    } else {
      pending.padded(stream.id, ends, padding, content);
    }
    if (ends) {
      over(stream);
    }
  }

  void reset(Stream stream) {
    ErrorCode[] codes = ErrorCode.values();
    frames++;
    pending.reset(stream.id, codes[choices.below(codes.length)]);
    stream.remoteEnded = true;
    over(stream);
  }

  /** Opens a window a little; of the connection, or of a stream that there is or was. */
  void opens() {
    if (idle++ < MOST_IDLE) {
      List<Integer> ids = new ArrayList<>(got.streams().keySet());
      int which = choices.below(ids.size() + 1);
      frames++;
      pending.window(which == 0 ? 0 : ids.get(which - 1), 1 + choices.below(20_000));
    }
  }

  /** Changes the window that streams begin with. */
  void changesWindows() {
    if (settings++ < MOST_SETTINGS) {
      frames++;
      pending.settings(0x4, choices.oneIn(3) ? choices.below(10) : choices.below(65_536));
    }
  }

  /** Says something that concerns no call. */
  void chats() {
    switch (choices.below(4)) {
      case 0 -> {
        if (pings++ < MOST_PINGS) {
          frames++;
          pending.ping(pings);
        }
      }
      case 1 -> idleFrame(0x2, new byte[] {0, 0, 0, 0, 1});
      case 2 -> idleFrame(0xEE, new byte[choices.below(40)]);
      default -> {
        if (pings++ < MOST_PINGS) {
          frames++;
          pending.pingAck(pings);
        }
      }
    }
  }

  private void idleFrame(int type, byte[] payload) {
    if (idle++ < MOST_IDLE) {
      frame(type, 0, 1 + 2 * choices.below(30), payload);
    }
  }

  private void frame(int type, int flags, int stream, byte[] payload) {
    frames++;
    pending.frame(type, flags, stream, payload);
  }

  void raw(Frames frames) {
    pending.raw(frames.bytes());
  }

  void writable(boolean is) {
    link.writable(is);
  }

  /** Delivers what was said: all, or a part of it. */
  void deliver(boolean all) {
    byte[] bytes = pending.bytes();
    int cut = all ? bytes.length : choices.below(bytes.length + 1);
    pending = new Frames().raw(Arrays.copyOfRange(bytes, cut, bytes.length));
    byte[] now = Arrays.copyOf(bytes, cut);
    if (isHostile) {
      if (now.length > 0 && choices.oneIn(8)) {
        now[choices.below(now.length)] ^= (byte) (1 << choices.below(8));
      }
    } else {
      sent.read(now);
    }
    link.sendRaw(now);
  }
}
