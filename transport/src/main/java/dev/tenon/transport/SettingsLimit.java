package dev.tenon.transport;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Settings;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Ends a connection whose peer sends SETTINGS without end (RFC 9113, section 10.5; CVE-2019-9515).
 * Each costs its sender 9 bytes, and us an answer and a look at every stream; Netty bounds only the
 * answers that a peer does not read. For one event loop.
 */
final class SettingsLimit extends Http2FrameListenerDecorator {
  /**
   * Most of them in {@link #WINDOW}. A peer sends one at its start, and some more while it finds
   * out how large its windows should be.
   */
  static final int MOST = 100;

  static final Duration WINDOW = Duration.ofSeconds(10);

  private final LongSupplier nanoTime;
  private long begun;
  private int seen;

  SettingsLimit(Http2FrameListener listener, LongSupplier nanoTime) {
    super(listener);
    this.nanoTime = nanoTime;
    this.begun = nanoTime.getAsLong();
  }

  /** Puts a limit before the listener of {@code http2}. */
  static void on(Http2ConnectionHandler http2) {
    Http2FrameListener listener = http2.decoder().frameListener();
    http2.decoder().frameListener(new SettingsLimit(listener, System::nanoTime));
  }

  @Override
  public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings)
      throws Http2Exception {
    long now = nanoTime.getAsLong();
    if (now - begun >= WINDOW.toNanos()) {
      begun = now;
      seen = 0;
    }
    if (++seen > MOST) {
      throw Http2Exception.connectionError(Http2Error.ENHANCE_YOUR_CALM, "too many SETTINGS");
    }
    super.onSettingsRead(ctx, settings);
  }
}
