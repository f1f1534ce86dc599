package dev.tenon.testing.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tenon.auth.Lineages;
import dev.tenon.auth.NotAuthenticatedException;
import dev.tenon.auth.TokenMint;
import dev.tenon.core.PluginName;
import dev.tenon.core.RuntimeId;
import dev.tenon.transport.CertificateRequest;
import java.security.MessageDigest;
import java.security.MessageDigestSpi;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.Security;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What a wrong token costs the host, counted and not timed: how long it takes is the benchmarks' to
 * compare.
 */
class TokenWorkAttackTest {
  private static final RuntimeId KNOWN = RuntimeId.of(new PluginName("mallory"), 1);
  private static final RuntimeId UNKNOWN = RuntimeId.of(new PluginName("mallory"), 2);
  private static final AtomicInteger DIGESTED = new AtomicInteger();

  private final Provider counting = new Counting();
  private final Lineages lineages =
      new Lineages(
          new TokenMint(new SecureRandom()),
          InstantSource.system(),
          Lineages.DEFAULT_TOKEN_LIFE,
          Lineages.DEFAULT_GRACE);

  @BeforeEach
  void count() {
    Security.insertProviderAt(counting, 1);
  }

  @AfterEach
  void stopCounting() {
    Security.removeProvider(counting.getName());
  }

  /**
   * A wrong token costs one digest of the same length, whether the run is known or not, and whether
   * it is wrong at its first or at its last character. Attack: T20, T21.
   */
  @Test
  void verify_wrongTokenOfKnownOrUnknownRun_sameWork() throws Exception {
    String right =
        lineages.open(KNOWN, CertificateRequest.newKeyPair().getPublic()).token().exposeForWire();
    String wrongAtFirst = "tnr_" + other(right.charAt(4)) + right.substring(5);
    String wrongAtLast = right.substring(0, 45) + other(right.charAt(45)) + right.substring(46);

    int ofKnown = work(KNOWN, wrongAtFirst);

    assertThat(ofKnown).isPositive();
    assertThat(work(KNOWN, wrongAtLast)).isEqualTo(ofKnown);
    assertThat(work(UNKNOWN, wrongAtFirst)).isEqualTo(ofKnown);
    assertThat(work(UNKNOWN, wrongAtLast)).isEqualTo(ofKnown);
    assertThat(work(UNKNOWN, right)).isEqualTo(ofKnown);
  }

  private static char other(char of) {
    return of == 'A' ? 'B' : 'A';
  }

  /* On a thread of its own: a thread takes its SHA-256 from the provider that it finds at first. */
  private int work(RuntimeId id, String token) throws InterruptedException {
    DIGESTED.set(0);
    AtomicReference<NotAuthenticatedException> refused = new AtomicReference<>();
    Thread verifier =
        new Thread(
            () ->
                refused.set(
                    catchThrowableOfType(
                        NotAuthenticatedException.class, () -> lineages.verify(id, token))));
    verifier.start();
    verifier.join();
    assertThat(refused.get()).isNotNull();
    return DIGESTED.get();
  }

  /** A provider whose SHA-256 counts the bytes that it digests. */
  private static final class Counting extends Provider {
    private static final long serialVersionUID = 1;

    Counting() {
      super("Counting", "1", "counts");
      put("MessageDigest.SHA-256", CountingSha256.class.getName());
    }
  }

  /** The platform's SHA-256, counted. */
  public static final class CountingSha256 extends MessageDigestSpi {
    private final MessageDigest digest;

    /** Made by the provider. */
    public CountingSha256() throws NoSuchAlgorithmException {
      digest = MessageDigest.getInstance("SHA-256", Security.getProvider("SUN"));
    }

    @Override
    protected void engineUpdate(byte input) {
      DIGESTED.incrementAndGet();
      digest.update(input);
    }

    @Override
    protected void engineUpdate(byte[] input, int offset, int length) {
      DIGESTED.addAndGet(length);
      digest.update(input, offset, length);
    }

    @Override
    protected byte[] engineDigest() {
      return digest.digest();
    }

    @Override
    protected void engineReset() {
      digest.reset();
    }
  }
}
