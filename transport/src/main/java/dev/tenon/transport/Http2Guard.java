package dev.tenon.transport;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;

/**
 * What stands between the frames of a client and grpc-java's server. For one event loop.
 *
 * <p>It knows whether the client has acknowledged our SETTINGS, which grpc-java does not ask. And
 * it gives an empty {@code :path}, over which grpc-java stumbles with a stack trace in the log for
 * each request, a form that grpc-java refuses cheaply.
 */
final class Http2Guard extends Http2FrameListenerDecorator {
  /** A path that is no path of a call: RFC 9113, section 8.3.1, has it for OPTIONS alone. */
  private static final AsciiString NO_PATH = AsciiString.of("*");

  private boolean agreed;

  private Http2Guard(Http2FrameListener listener) {
    super(listener);
  }

  /** Puts a guard before the listener of {@code http2}. */
  static Http2Guard on(Http2ConnectionHandler http2) {
    Http2Guard guard = new Http2Guard(http2.decoder().frameListener());
    http2.decoder().frameListener(guard);
    return guard;
  }

  /** Returns whether the client has acknowledged our SETTINGS. */
  boolean isAgreed() {
    return agreed;
  }

  @Override
  public void onSettingsAckRead(ChannelHandlerContext ctx) throws Http2Exception {
    agreed = true;
    super.onSettingsAckRead(ctx);
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx,
      int streamId,
      Http2Headers headers,
      int streamDependency,
      short weight,
      boolean exclusive,
      int padding,
      boolean endStream)
      throws Http2Exception {
    CharSequence path = headers.path();
    Http2Headers shown =
        path != null && path.length() == 0 ? new DefaultHttp2Headers().path(NO_PATH) : headers;
    super.onHeadersRead(
        ctx, streamId, shown, streamDependency, weight, exclusive, padding, endStream);
  }
}
