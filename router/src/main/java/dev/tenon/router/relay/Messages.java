package dev.tenon.router.relay;

import io.grpc.Codec;
import io.grpc.Decompressor;
import io.grpc.DecompressorRegistry;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Puts the messages of one direction together (gRPC over HTTP/2, Length-Prefixed-Message), inflated
 * where their sender compressed them. For one loop.
 */
final class Messages {
  private static final int PREFIX_BYTES = 5;

  /** What is kept free for a message at first, whatever length its sender announces. */
  private static final int FIRST_BYTES = 4 * 1024;

  private final int most;
  private final String encoding;
  private final byte[] prefix = new byte[PREFIX_BYTES];
  private int prefixSeen;
  private byte @Nullable [] message; // grows with what has come
  private int length;
  private int filled;

  /**
   * Makes what puts them together.
   *
   * @param most bytes of the longest message, as sent and inflated
   * @param encoding how the sender says that it compresses; empty: not at all
   */
  Messages(int most, String encoding) {
    this.most = most;
    this.encoding = encoding;
  }

  /**
   * Reads {@code from} up to the end of a message, which it returns; or whole, and returns null.
   *
   * @throws RefusedMessage if a message is too long or cannot be inflated
   */
  byte @Nullable [] next(ByteBuffer from) throws RefusedMessage {
    if (message == null && !begin(from)) {
      return null;
    }
    if (message == null) {
      return null;
    }
    int step = Math.min(length - filled, from.remaining());
    byte[] into = withRoom(message, filled + step);
    from.get(into, filled, step);
    filled += step;
    if (filled < length) {
      message = into;
      return null;
    }
    message = null;
    prefixSeen = 0;
    return prefix[0] == 0 ? into : inflated(into);
  }

  private boolean begin(ByteBuffer from) throws RefusedMessage {
    int step = Math.min(PREFIX_BYTES - prefixSeen, from.remaining());
    from.get(prefix, prefixSeen, step);
    prefixSeen += step;
    if (prefixSeen < PREFIX_BYTES) {
      return false;
    }
    length = ByteBuffer.wrap(prefix).getInt(1);
    if (length < 0 || length > most) {
      throw new RefusedMessage(Status.RESOURCE_EXHAUSTED.withDescription("limit exceeded"));
    }
    if (prefix[0] < 0 || prefix[0] > 1) {
      throw new RefusedMessage(Status.INTERNAL.withDescription("message with unknown flags"));
    }
    message = new byte[Math.min(length, Math.max(from.remaining(), FIRST_BYTES))];
    filled = 0;
    return true;
  }

  private byte[] withRoom(byte[] has, int needed) {
    return needed <= has.length
        ? has
        : Arrays.copyOf(has, (int) Math.min(length, Math.max(needed, 2L * has.length)));
  }

  /** Returns whether a message has begun and not ended. */
  boolean isWithin() {
    return message != null || prefixSeen > 0;
  }

  private byte[] inflated(byte[] compressed) throws RefusedMessage {
    Decompressor decompressor =
        DecompressorRegistry.getDefaultInstance().lookupDecompressor(encoding);
    if (decompressor == null || decompressor == Codec.Identity.NONE) {
      throw new RefusedMessage(
          Status.INTERNAL.withDescription("message compressed without grpc-encoding"));
    }
    try (InputStream inflating = decompressor.decompress(new ByteArrayInputStream(compressed))) {
      byte[] inflated = inflating.readNBytes(most);
      if (inflating.read() >= 0) {
        throw new RefusedMessage(Status.RESOURCE_EXHAUSTED.withDescription("limit exceeded"));
      }
      return inflated;
    } catch (IOException e) {
      throw new RefusedMessage(Status.INTERNAL.withDescription("message cannot be inflated"));
    }
  }

  /** Returns whether messages of this encoding can be read. */
  static boolean isKnown(String encoding) {
    return encoding.isEmpty()
        || DecompressorRegistry.getDefaultInstance().lookupDecompressor(encoding) != null;
  }

  /** A message that goes nowhere, and how its call ends. */
  static final class RefusedMessage extends Exception {
    private static final long serialVersionUID = 1;

    private final transient Status status;

    RefusedMessage(Status status) {
      super(status.getDescription(), null, false, false);
      this.status = status;
    }

    Status status() {
      return status;
    }
  }
}
