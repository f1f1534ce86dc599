package dev.tenon.transport;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What becomes of a connection on which grpc-java does as expected, and on which it does not. */
final class GrpcBeginningTest {
  private static final Object START = "whatever grpc-java starts by";

  private final StandInContext context = new StandInContext(/* isClient= */ false);
  private final SSLEngine own = engine();
  private int asked;
  private @Nullable SslHandler handshaking;
  private @Nullable Http2ConnectionHandler speaking;

  private static SSLEngine engine() {
    try {
      SSLEngine engine = SSLContext.getDefault().createSSLEngine();
      engine.setUseClientMode(false);
      return engine;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** Adds TLS when it is told to start, and HTTP/2 once TLS is done, as grpc-java does. */
  private static final class Started extends ChannelInboundHandlerAdapter {
    private final Supplier<SSLEngine> engines;
    private final String protocol;
    private final boolean hasHttp2;

    Started(Supplier<SSLEngine> engines, String protocol, boolean hasHttp2) {
      this.engines = engines;
      this.protocol = protocol;
      this.hasHttp2 = hasHttp2;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event.equals(START)) {
        ctx.pipeline().addBefore(ctx.name(), null, new Agreed(engines.get(), protocol));
      } else if (hasHttp2) {
        ctx.pipeline()
            .addLast(
                new Http2ConnectionHandlerBuilder()
                    .server(true)
                    .frameListener(new Http2FrameAdapter())
                    .build());
      }
    }
  }

  /** TLS that has agreed on a protocol. */
  private static final class Agreed extends SslHandler {
    private final String protocol;

    Agreed(SSLEngine engine, String protocol) {
      super(engine);
      this.protocol = protocol;
    }

    @Override
    public String applicationProtocol() {
      return protocol;
    }
  }

  private GrpcBeginning.Begun begin() {
    asked++;
    return new GrpcBeginning.Begun() {
      @Override
      public SSLEngine engine(ByteBufAllocator alloc) {
        return own;
      }

      @Override
      public void handshakes(SslHandler tls) {
        handshaking = tls;
      }

      @Override
      public void speaks(SslHandler tls, Http2ConnectionHandler http2) {
        assertThat(tls).isSameAs(handshaking);
        speaking = http2;
      }
    };
  }

  private EmbeddedChannel channel(GrpcBeginning.Way way, ChannelInboundHandlerAdapter grpc) {
    EmbeddedChannel channel = new EmbeddedChannel();
    channel.pipeline().addLast(new GrpcBeginning(context, TlsFloor.TLS_1_2, way), grpc);
    channel.pipeline().fireUserEventTriggered(START);
    return channel;
  }

  private EmbeddedChannel channel(ChannelInboundHandlerAdapter grpc) {
    return channel((channel, next) -> next.accept(begin()), grpc);
  }

  private SSLEngine asked() {
    return context.newEngine(ByteBufAllocator.DEFAULT);
  }

  private static void secured(EmbeddedChannel channel) {
    channel
        .pipeline()
        .context(SslHandler.class)
        .fireUserEventTriggered(SslHandshakeCompletionEvent.SUCCESS);
  }

  @Test
  void start_withEngineAskedFor_begins() {
    EmbeddedChannel channel = channel(new Started(this::asked, "h2", true));
    assertThat(requireNonNull(handshaking).engine()).isSameAs(own);
    assertThat(channel.pipeline().first()).isInstanceOf(OneHandshake.class);
    assertThat(channel.pipeline().get(GrpcBeginning.class)).isNull();
    assertThat(speaking).isNull();

    int before = channel.pipeline().names().size();
    secured(channel);

    assertThat(speaking).isSameAs(channel.pipeline().get(Http2ConnectionHandler.class));
    assertThat(channel.pipeline().names()).hasSize(before); // HTTP/2 came, who waited for it went.
    assertThat(channel.isOpen()).isTrue();
    assertThat(asked).isOne();
  }

  @Test
  void start_withAnotherEngine_closes() {
    EmbeddedChannel channel = channel(new Started(GrpcBeginningTest::engine, "h2", true));

    assertThat(channel.isOpen()).isFalse();
    assertThat(handshaking).isNull();
  }

  @Test
  void start_withAnotherEngineThanWasAskedFor_closes() {
    EmbeddedChannel channel =
        channel(
            new Started(
                () -> {
                  assertThat(asked()).isSameAs(own);
                  return engine();
                },
                "h2",
                true));

    assertThat(channel.isOpen()).isFalse();
    assertThat(handshaking).isNull();
  }

  @Test
  void start_withoutTls_closes() {
    EmbeddedChannel channel = channel(new ChannelInboundHandlerAdapter());

    assertThat(channel.isOpen()).isFalse();
    assertThat(handshaking).isNull();
  }

  @Test
  void start_refused_goesNoFurther() {
    EmbeddedChannel channel =
        channel(
            (accepted, next) -> {
              ChannelFuture unused = accepted.close();
            },
            new Started(this::asked, "h2", true));

    assertThat(channel.isOpen()).isFalse();
    assertThat(channel.pipeline().get(SslHandler.class)).isNull();
  }

  /** An accepted connection may go on when its peer has said something. */
  @Test
  void start_whileTheConnectionMayNotGoOn_isHeldBack() {
    AtomicReference<Consumer<GrpcBeginning.Begun>> held = new AtomicReference<>();
    EmbeddedChannel channel =
        channel((accepted, next) -> held.set(next), new Started(this::asked, "h2", true));
    channel.pipeline().fireChannelActive();
    assertThat(channel.pipeline().get(SslHandler.class)).isNull();

    requireNonNull(held.get()).accept(begin());

    assertThat(requireNonNull(handshaking).engine()).isSameAs(own);
    assertThat(asked).isOne();
  }

  @Test
  void handshake_withoutHttp2InPlace_closes() {
    EmbeddedChannel channel = channel(new Started(this::asked, "h2", false));

    secured(channel);

    assertThat(speaking).isNull();
    assertThat(channel.isOpen()).isFalse();
  }

  /** It is grpc-java's to close, behind what TLS has yet to say. */
  @Test
  void handshake_withAnotherProtocol_isLeftToGrpc() {
    EmbeddedChannel channel = channel(new Started(this::asked, "http/1.1", false));

    secured(channel);

    assertThat(speaking).isNull();
    assertThat(channel.isOpen()).isTrue();
  }

  @Test
  void handshake_failed_isLeftToGrpc() {
    EmbeddedChannel channel = channel(new Started(this::asked, "h2", false));

    channel
        .pipeline()
        .context(SslHandler.class)
        .fireUserEventTriggered(new SslHandshakeCompletionEvent(new SSLException("no")));

    assertThat(speaking).isNull();
    assertThat(channel.isOpen()).isTrue();
  }

  /** No call is made on a connection of which nothing is known. */
  @Test
  void filter_withoutEntrant_refuses() {
    EntrantFilter filter = new EntrantFilter();
    assertThatThrownBy(() -> filter.transportReady(Attributes.EMPTY))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(
            () ->
                filter.transportReady(
                    Attributes.newBuilder()
                        .set(Grpc.TRANSPORT_ATTR_SSL_SESSION, own.getSession())
                        .build()))
        .isInstanceOf(IllegalStateException.class);
  }
}
