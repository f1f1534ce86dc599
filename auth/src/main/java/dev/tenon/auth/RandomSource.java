package dev.tenon.auth;

import static java.util.Objects.requireNonNull;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A generator whose output is looked at: one that throws, brings zeros or repeats itself is never
 * used. Thread-safe.
 *
 * <p>Every draw has the same size, whatever it is for, so that a generator that is stuck shows
 * itself at the second draw. The last output is remembered as a digest alone.
 */
public final class RandomSource {
  /** Bytes of one draw. */
  public static final int DRAW_BYTES = 32;

  private final SecureRandom random;
  private final AtomicReference<Digest> last =
      new AtomicReference<>(Digest.of(new byte[DRAW_BYTES]));

  /** Draws from {@code random}. */
  public RandomSource(SecureRandom random) {
    this.random = requireNonNull(random, "random");
  }

  /**
   * Returns {@link #DRAW_BYTES} fresh bytes.
   *
   * @throws RandomSourceFailedException if the generator throws, brings zeros alone, or brings what
   *     it brought before
   */
  public byte[] draw() throws RandomSourceFailedException {
    byte[] drawn = new byte[DRAW_BYTES];
    try {
      random.nextBytes(drawn);
    } catch (RuntimeException e) {
      throw new RandomSourceFailedException("random source: threw", e);
    }
    if (Arrays.equals(drawn, new byte[DRAW_BYTES])) {
      throw new RandomSourceFailedException("random source: zeros (expected: random bytes)");
    }
    Digest digest = Digest.of(drawn);
    if (digest.equals(last.getAndSet(digest))) {
      throw new RandomSourceFailedException("random source: same output twice");
    }
    return drawn;
  }
}
