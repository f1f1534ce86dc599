package dev.tenon.transport;

import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufInputStream;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2FrameStream;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2SettingsAckFrame;
import io.netty.handler.codec.http2.Http2SettingsFrame;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * As much HTTP/2 and gRPC on a link as a unary call of the echo service takes, by Netty's codec.
 */
final class LinkHttp2 implements Link.Receiver {
  private static final int PREFIX_BYTES = 5;

  private final Link link;
  private final EmbeddedChannel http2;

  LinkHttp2(Link link, Echoes echoes) {
    this.link = link;
    http2 =
        new EmbeddedChannel(
            Http2FrameCodecBuilder.forServer().build(), new Answering(link, echoes));
    send();
  }

  @Override
  public void received(ByteBuffer bytes) {
    http2.writeInbound(Unpooled.copiedBuffer(bytes));
    bytes.position(bytes.limit());
  }

  @Override
  public void readComplete() {
    send();
  }

  private void send() {
    http2.runPendingTasks();
    for (ByteBuf next = http2.readOutbound(); next != null; next = http2.readOutbound()) {
      link.out(next.readableBytes()).put(next.nioBuffer());
      next.release();
    }
    link.flush();
    if (!http2.isOpen()) {
      link.end();
    }
  }

  @Override
  public void writabilityChanged() {}

  @Override
  public void closed() {
    http2.finishAndReleaseAll();
  }

  @Override
  public void goodbye() {
    link.end();
  }

  @Override
  public void retire() {}

  /** Reads frames, and answers a message when it is whole. */
  private static final class Answering extends ChannelInboundHandlerAdapter {
    private final Link link;
    private final Echoes echoes;
    private final ByteBuf body = Unpooled.buffer();

    Answering(Link link, Echoes echoes) {
      this.link = link;
      this.echoes = echoes;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object frame) throws IOException {
      if (frame instanceof Http2SettingsFrame) {
        link.begun();
      } else if (frame instanceof Http2SettingsAckFrame) {
        link.agreed();
      } else if (frame instanceof Http2HeadersFrame) {
        echoes.arrived(Optional.ofNullable(link.attributes().get(Peer.KEY)));
      } else if (frame instanceof Http2DataFrame data) {
        body.writeBytes(data.content());
        if (data.isEndStream()) {
          answer(context, data.stream());
        }
      }
      ReferenceCountUtil.release(frame);
    }

    private void answer(ChannelHandlerContext context, Http2FrameStream stream) throws IOException {
      EchoRequest request =
          EchoRequest.parseFrom(new ByteBufInputStream(body.skipBytes(PREFIX_BYTES)));
      body.clear();
      byte[] message =
          EchoResponse.newBuilder().setPayload(request.getPayload()).build().toByteArray();
      ByteBuf framed = Unpooled.buffer().writeByte(0).writeInt(message.length).writeBytes(message);
      Http2Headers begin =
          new DefaultHttp2Headers().status("200").set("content-type", "application/grpc");
      Http2Headers end = new DefaultHttp2Headers().set("grpc-status", "0");
      var unusedBegin = context.write(new DefaultHttp2HeadersFrame(begin).stream(stream));
      var unusedData = context.write(new DefaultHttp2DataFrame(framed).stream(stream));
      var unused = context.writeAndFlush(new DefaultHttp2HeadersFrame(end, true).stream(stream));
    }
  }
}
