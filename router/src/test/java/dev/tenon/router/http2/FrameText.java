package dev.tenon.router.http2;

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
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** One direction of a connection as Netty's codec reads it, a line for each frame. */
public final class FrameText implements Http2FrameListener {
  private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII);

  private final DefaultHttp2FrameReader reader =
      new DefaultHttp2FrameReader(
          new DefaultHttp2HeadersDecoder(/* validateHeaders= */ false, 1 << 20));
  private final ChannelHandlerContext context;
  private final List<String> lines = new ArrayList<>();
  private ByteBuf left = Unpooled.EMPTY_BUFFER;
  private boolean begun;

  /** Begins a direction. */
  public FrameText() {
    EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
    context = channel.pipeline().firstContext();
  }

  /** Returns the frames that {@code bytes} end. */
  public List<String> read(byte[] bytes) {
    lines.clear();
    left = Unpooled.wrappedBuffer(left.slice(), Unpooled.wrappedBuffer(bytes));
    if (!begun && left.isReadable()) {
      begun = true;
      if (left.getByte(left.readerIndex()) == 'P') {
        left.skipBytes(PREFACE.length);
      }
    }
    int before;
    try {
      do {
        before = left.readableBytes();
        reader.readFrame(context, left, this);
      } while (left.readableBytes() < before);
    } catch (Http2Exception e) {
      throw new AssertionError(e);
    }
    left = Unpooled.copiedBuffer(left);
    return List.copyOf(lines);
  }

  @Override
  public int onDataRead(
      ChannelHandlerContext ctx, int stream, ByteBuf data, int padding, boolean ends) {
    lines.add("DATA " + stream + " " + data.readableBytes() + (ends ? " END" : ""));
    return data.readableBytes() + padding;
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx, int stream, Http2Headers headers, int padding, boolean ends) {
    String fields =
        StreamSupport.stream(headers.spliterator(), false)
            .map(field -> field.getKey() + ": " + field.getValue())
            .collect(Collectors.joining("|"));
    lines.add("HEADERS " + stream + (ends ? " END " : " ") + fields);
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
  public void onPriorityRead(
      ChannelHandlerContext ctx, int stream, int dependency, short weight, boolean exclusive) {
    lines.add("PRIORITY " + stream);
  }

  @Override
  public void onRstStreamRead(ChannelHandlerContext ctx, int stream, long code) {
    lines.add("RST_STREAM " + stream + " " + Http2Error.valueOf(code));
  }

  @Override
  public void onSettingsAckRead(ChannelHandlerContext ctx) {
    lines.add("SETTINGS ACK");
  }

  @Override
  public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) {
    TreeMap<Integer, Long> sorted = new TreeMap<>();
    settings.forEach((id, value) -> sorted.put((int) id, value));
    lines.add("SETTINGS " + sorted);
  }

  @Override
  public void onPingRead(ChannelHandlerContext ctx, long data) {
    lines.add("PING " + data);
  }

  @Override
  public void onPingAckRead(ChannelHandlerContext ctx, long data) {
    lines.add("PING ACK " + data);
  }

  @Override
  public void onPushPromiseRead(
      ChannelHandlerContext ctx, int stream, int promised, Http2Headers headers, int padding) {
    lines.add("PUSH_PROMISE " + stream);
  }

  @Override
  public void onGoAwayRead(ChannelHandlerContext ctx, int last, long code, ByteBuf data) {
    lines.add("GOAWAY " + last + " " + Http2Error.valueOf(code));
  }

  @Override
  public void onWindowUpdateRead(ChannelHandlerContext ctx, int stream, int increment) {
    lines.add("WINDOW_UPDATE " + stream + " " + increment);
  }

  @Override
  public void onUnknownFrame(
      ChannelHandlerContext ctx, byte type, int stream, Http2Flags flags, ByteBuf payload) {
    lines.add("UNKNOWN " + type + " " + stream);
  }
}
