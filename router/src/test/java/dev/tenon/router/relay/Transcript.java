package dev.tenon.router.relay;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What one direction of a connection says about each stream, as Netty's codec reads it. */
final class Transcript extends Http2FrameAdapter {
  private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII);

  /** It is only a place to allocate from; nothing goes through it. */
  private static final ChannelHandlerContext CONTEXT =
      new EmbeddedChannel(new ChannelInboundHandlerAdapter()).pipeline().firstContext();

  private final Map<Integer, Said> streams = new TreeMap<>();
  private final Windows windows;
  private final DefaultHttp2FrameReader reader =
      new DefaultHttp2FrameReader(new DefaultHttp2HeadersDecoder(false, 1 << 20));
  private ByteBuf left = Unpooled.EMPTY_BUFFER;
  private boolean begun;
  private boolean goesAway;

  /** What was said on one stream. */
  static final class Said {
    final List<List<String>> heads = new ArrayList<>();
    final ByteArrayOutputStream data = new ByteArrayOutputStream();
    boolean ended;
    @Nullable Http2Error reset;
  }

  /** Who is told of what flow control needs, and of what has ended. */
  interface Windows {
    void opened(int stream, int bytes);

    void initial(int bytes);

    void ended(int stream, boolean byReset);
  }

  Transcript(Windows windows) {
    this.windows = windows;
  }

  /** Returns what was said on {@code stream}; nothing, if it never began. */
  Said of(int stream) {
    return streams.computeIfAbsent(stream, id -> new Said());
  }

  Map<Integer, Said> streams() {
    return streams;
  }

  boolean goesAway() {
    return goesAway;
  }

  void read(byte[] bytes) {
    if (bytes.length == 0) {
      return;
    }
    left = Unpooled.wrappedBuffer(left, Unpooled.wrappedBuffer(bytes));
    if (!begun) {
      begun = true;
      if (left.getByte(left.readerIndex()) == 'P') {
        left.skipBytes(PREFACE.length);
      }
    }
    try {
      int before;
      do {
        before = left.readableBytes();
        reader.readFrame(CONTEXT, left, this);
      } while (left.readableBytes() < before);
    } catch (Http2Exception e) {
      throw new AssertionError("Netty reads what is none of HTTP/2", e);
    }
    left = left.isReadable() ? Unpooled.copiedBuffer(left) : Unpooled.EMPTY_BUFFER;
  }

  @Override
  public int onDataRead(
      ChannelHandlerContext ctx, int stream, ByteBuf data, int padding, boolean ends) {
    Said said = of(stream);
    byte[] content = new byte[data.readableBytes()];
    data.getBytes(data.readerIndex(), content);
    said.data.writeBytes(content);
    ended(said, stream, ends);
    return content.length + padding;
  }

  private void ended(Said said, int stream, boolean ends) {
    if (said.ended || said.reset != null) {
      throw new AssertionError("a frame behind the end of stream " + stream);
    }
    if (ends) {
      said.ended = true;
      windows.ended(stream, /* byReset= */ false);
    }
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx, int stream, Http2Headers headers, int padding, boolean ends) {
    List<String> fields = new ArrayList<>();
    headers.forEach(field -> fields.add(field.getKey() + ": " + field.getValue()));
    Said said = of(stream);
    said.heads.add(fields);
    ended(said, stream, ends);
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx,
      int stream,
      Http2Headers headers,
      int dependency,
      short weight,
      boolean exclusive,
      int padding,
      boolean ends) {
    onHeadersRead(ctx, stream, headers, padding, ends);
  }

  @Override
  public void onRstStreamRead(ChannelHandlerContext ctx, int stream, long code) {
    of(stream).reset = Http2Error.valueOf(code);
    windows.ended(stream, /* byReset= */ true);
  }

  @Override
  public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) {
    Integer initial = settings.initialWindowSize();
    if (initial != null) {
      windows.initial(initial);
    }
  }

  @Override
  public void onGoAwayRead(ChannelHandlerContext ctx, int last, long code, ByteBuf data) {
    goesAway = true;
  }

  @Override
  public void onWindowUpdateRead(ChannelHandlerContext ctx, int stream, int increment) {
    windows.opened(stream, increment);
  }
}
