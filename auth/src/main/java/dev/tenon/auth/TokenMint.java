package dev.tenon.auth;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.PluginName;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.Token;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.Predicate;

/** Makes everything of Tenon that nobody may guess, from one random source. Thread-safe. */
public final class TokenMint {
  /** Draws for one runtime id; a second collision of 64 bits is no accident. */
  private static final int MAX_DRAWS = 8;

  private static final int ID_BYTES = 16;

  private final RandomSource source;

  /** Makes a mint over {@code random}, which should not block. */
  public TokenMint(SecureRandom random) {
    source = new RandomSource(random);
  }

  /**
   * Returns a fresh token of 256 random bits.
   *
   * @throws RandomSourceFailedException if the random source throws, brings zeros or repeats itself
   */
  public Token mint(Token.Kind kind) throws RandomSourceFailedException {
    requireNonNull(kind, "kind");
    byte[] secret = source.draw();
    try {
      return Token.of(kind, secret);
    } finally {
      Arrays.fill(secret, (byte) 0);
    }
  }

  /**
   * Returns an id for a run of {@code plugin} that is not {@code taken}.
   *
   * <p>The caller sees to it that no other id of the plugin is taken between this call and its own
   * taking of the result.
   *
   * @throws RandomSourceFailedException if the random source throws, brings zeros or repeats
   *     itself, or brings taken ids alone
   */
  public RuntimeId runtimeId(PluginName plugin, Predicate<RuntimeId> taken)
      throws RandomSourceFailedException {
    requireNonNull(plugin, "plugin");
    requireNonNull(taken, "taken");
    for (int draw = 0; draw < MAX_DRAWS; draw++) {
      RuntimeId id = RuntimeId.of(plugin, ByteBuffer.wrap(source.draw()).getLong());
      if (!taken.test(id)) {
        return id;
      }
    }
    throw new RandomSourceFailedException(
        "random source: " + MAX_DRAWS + " taken runtime ids of " + plugin + " in a row");
  }

  /**
   * Returns a fresh registration id: 32 lower-case hex digits.
   *
   * @throws RandomSourceFailedException if the random source throws, brings zeros or repeats itself
   */
  public String registrationId() throws RandomSourceFailedException {
    return id();
  }

  /**
   * Returns a fresh grant id: 32 lower-case hex digits.
   *
   * @throws RandomSourceFailedException if the random source throws, brings zeros or repeats itself
   */
  public String grantId() throws RandomSourceFailedException {
    return id();
  }

  private String id() throws RandomSourceFailedException {
    return HexFormat.of().formatHex(source.draw(), 0, ID_BYTES);
  }
}
