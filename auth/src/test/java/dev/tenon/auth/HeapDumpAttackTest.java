package dev.tenon.auth;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.Token;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Attack: dump the host's heap and look for tokens. */
class HeapDumpAttackTest {
  private static final RuntimeId WORDS = new RuntimeId("words-0000000000000001");
  private static final byte MASK = 0x55;

  private final TokenMint mint = new TokenMint(new SecureRandom());
  private final EnrolmentTokens enrolment =
      new EnrolmentTokens(mint, InstantSource.system(), EnrolmentTokens.DEFAULT_LIFE);
  private final Lineages lineages =
      new Lineages(
          mint, InstantSource.system(), Lineages.DEFAULT_TOKEN_LIFE, Lineages.DEFAULT_GRACE);

  /** Returns a token's text and the bytes that it encodes, masked so as not to be found itself. */
  private static Stream<byte[]> needles(String token) {
    String encoded = token.substring(4);
    return Stream.of(
        masked(encoded.getBytes(ISO_8859_1)), masked(Base64.getUrlDecoder().decode(encoded)));
  }

  private static byte[] masked(byte[] bytes) {
    byte[] masked = bytes.clone();
    for (int i = 0; i < masked.length; i++) {
      masked[i] ^= MASK;
    }
    return masked;
  }

  /**
   * After issue, verification, renewal and redemption the heap holds digests alone.
   *
   * <p>Row: TK-11
   */
  @Test
  void heapDump_tokensIssuedAndUsed_noneFound(@TempDir Path folder) throws Exception {
    List<byte[]> needles = issueAndUse();
    Path dump = folder.resolve("heap.hprof");
    ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
        .dumpHeap(dump.toString(), /* live= */ true);
    assertThat(lineages.live()).isEqualTo(1);
    assertThat(enrolment.size()).isEqualTo(2);
    for (byte[] needle : needles) {
      assertThat(contains(dump, needle)).isFalse();
    }
    // The search finds what is there.
    assertThat(contains(dump, masked(WORDS.value().getBytes(ISO_8859_1)))).isTrue();
  }

  private List<byte[]> issueAndUse() throws Exception {
    PublicKey key = TestKeys.key();
    String spent = enrolment.issue(WORDS).token().exposeForWire();
    enrolment.redeem(WORDS, spent);
    String unspent = enrolment.issue(WORDS).token().exposeForWire();
    String first = lineages.open(WORDS, key).token().exposeForWire();
    lineages.verify(WORDS, first);
    String second = lineages.renew(WORDS, key, key).token().exposeForWire();
    lineages.verify(WORDS, second);
    assertThat(Token.parse(Token.Kind.RUNTIME, second)).isPresent();
    return Stream.of(spent, unspent, first, second).flatMap(HeapDumpAttackTest::needles).toList();
  }

  /** Searches for the unmasked needle without ever holding it. */
  private static boolean contains(Path file, byte[] masked) throws IOException {
    byte[] window = new byte[1 << 20];
    int kept = 0;
    try (InputStream in = Files.newInputStream(file)) {
      while (true) {
        int read = in.readNBytes(window, kept, window.length - kept);
        int length = kept + read;
        for (int at = 0; at + masked.length <= length; at++) {
          if (isAt(window, at, masked)) {
            return true;
          }
        }
        if (read == 0) {
          return false;
        }
        kept = Math.min(masked.length - 1, length);
        System.arraycopy(window, length - kept, window, 0, kept);
      }
    }
  }

  private static boolean isAt(byte[] window, int at, byte[] masked) {
    for (int i = 0; i < masked.length; i++) {
      if ((window[at + i] ^ masked[i]) != MASK) {
        return false;
      }
    }
    return true;
  }
}
