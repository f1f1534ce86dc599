package dev.tenon.router.http2;

import dev.tenon.transport.Link;
import dev.tenon.transport.Loop;
import io.grpc.Attributes;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * A link whose peer is a test: what is flushed is kept for it, and it says how full the socket is.
 */
public final class FakeLink implements Link {
  private static final int FEWEST = 256;

  private final Loop loop;
  private final ByteArrayOutputStream flushed = new ByteArrayOutputStream();
  private ByteBuffer out = ByteBuffer.allocate(FEWEST);
  private boolean writable = true;
  private long pending;
  private int flushes;
  private int begun;
  private Runnable whenBegun = () -> {};
  private int agreed;
  private Duration held = Duration.ZERO;
  private boolean ended;
  private boolean aborted;

  /** Makes a link of {@code loop}. */
  public FakeLink(Loop loop) {
    this.loop = loop;
  }

  /** Returns what was flushed since it was last asked. */
  public byte[] taken() {
    byte[] bytes = flushed.toByteArray();
    flushed.reset();
    return bytes;
  }

  /** Says whether the socket takes more. */
  public void writable(boolean is) {
    writable = is;
  }

  /** Says how much the socket has not taken. */
  public void pending(long bytes) {
    pending = bytes;
  }

  /** Returns how often something was flushed. */
  public int flushes() {
    return flushes;
  }

  /** Returns how often the link was told that HTTP/2 has begun. */
  public int timesBegun() {
    return begun;
  }

  /** Returns how often the link was told that our SETTINGS were acknowledged. */
  public int timesAgreed() {
    return agreed;
  }

  /** Returns for how long in all what was left was to be held. */
  Duration held() {
    return held;
  }

  /** Returns whether our direction has ended. */
  public boolean hasEnded() {
    return ended || aborted;
  }

  @Override
  public ByteBuffer out(int room) {
    if (out.remaining() < room) {
      ByteBuffer roomier = ByteBuffer.allocate(2 * (out.position() + room));
      out = roomier.put(out.flip());
    }
    return out;
  }

  @Override
  public int unflushed() {
    return out.position();
  }

  @Override
  public void flush() {
    if (out.position() > 0) {
      if (!hasEnded()) {
        flushed.write(out.array(), 0, out.position());
        flushes++;
      }
      out.clear();
    }
  }

  @Override
  public boolean isWritable() {
    return writable;
  }

  @Override
  public long pendingBytes() {
    return pending;
  }

  /** Does {@code action} when HTTP/2 has begun. */
  void whenBegun(Runnable action) {
    whenBegun = action;
  }

  @Override
  public void begun() {
    begun++;
    whenBegun.run();
  }

  @Override
  public void agreed() {
    agreed++;
  }

  @Override
  public void end() {
    flush();
    ended = true;
  }

  @Override
  public void abort() {
    aborted = true;
  }

  @Override
  public void hold(Duration time) {
    held = held.plus(time);
  }

  @Override
  public Loop loop() {
    return loop;
  }

  @Override
  public Attributes attributes() {
    return Attributes.EMPTY;
  }
}
