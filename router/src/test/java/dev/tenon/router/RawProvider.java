package dev.tenon.router;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;

/** A provider that answers every call with headers of the test's choice, as no gRPC stack would. */
@SuppressWarnings("FutureReturnValueIgnored") // what was not written is not answered
final class RawProvider implements AutoCloseable {
  private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final io.netty.channel.Channel listening;
  private final ManagedChannel channel;

  /** Headers of a trailers-only answer, by names and values; none means a reset. */
  volatile String[] answer = {};

  /** Whether a call is answered under the first hundred stream numbers, whosever they are. */
  volatile boolean answersAllStreams;

  final AtomicInteger connectionsEnded = new AtomicInteger();

  RawProvider() throws InterruptedException {
    listening =
        new ServerBootstrap()
            .group(loop)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<io.netty.channel.Channel>() {
                  @Override
                  protected void initChannel(io.netty.channel.Channel connection) {
                    connection.closeFuture().addListener(end -> connectionsEnded.incrementAndGet());
                    connection
                        .pipeline()
                        .addLast(Http2FrameCodecBuilder.forServer().validateHeaders(false).build())
                        .addLast(new Http2MultiplexHandler(new Answer()));
                  }
                })
            .bind("127.0.0.1", 0)
            .sync()
            .channel();
    int port = ((InetSocketAddress) listening.localAddress()).getPort();
    channel =
        NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().directExecutor().build();
  }

  Channel channel() {
    return channel;
  }

  @Override
  public void close() {
    channel.shutdownNow();
    listening.close();
    loop.shutdownGracefully();
  }

  @io.netty.channel.ChannelHandler.Sharable
  private final class Answer extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext stream, Object frame) {
      ReferenceCountUtil.release(frame);
      if (!(frame instanceof Http2HeadersFrame)) {
        return;
      }
      if (answersAllStreams) {
        for (int number = 1; number < 100; number += 2) {
          stream.channel().parent().pipeline().firstContext().write(rawAnswer(number));
        }
        stream.channel().parent().pipeline().firstContext().flush();
        return;
      }
      if (answer.length == 0) {
        stream.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.INTERNAL_ERROR));
        return;
      }
      Http2Headers headers = new DefaultHttp2Headers(/* validate= */ false);
      for (int i = 0; i < answer.length; i += 2) {
        headers.add(answer[i], answer[i + 1]);
      }
      stream.writeAndFlush(new DefaultHttp2HeadersFrame(headers, /* endStream= */ true));
    }
  }

  /** Returns headers and an empty message for the stream {@code number}, past all bookkeeping. */
  private static ByteBuf rawAnswer(int number) {
    byte[] contentType = "application/grpc".getBytes(US_ASCII);
    ByteBuf frames = Unpooled.buffer();
    frames.writeMedium(4 + contentType.length).writeByte(1).writeByte(4).writeInt(number);
    frames.writeByte(0x88); // :status 200
    frames.writeByte(0x0f).writeByte(0x10); // content-type, not indexed: index 31
    frames.writeByte(contentType.length).writeBytes(contentType);
    frames.writeMedium(5).writeByte(0).writeByte(0).writeInt(number);
    return frames.writeZero(5);
  }
}
