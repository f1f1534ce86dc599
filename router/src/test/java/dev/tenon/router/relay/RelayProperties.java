package dev.tenon.router.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;

/**
 * A whole relay, in memory, beside Netty's codec: random lawful frames of callers and of a
 * provider, cut anywhere, with padding, CONTINUATIONs, resets and games with windows.
 */
class RelayProperties {
  /** How many frames are sent: some thousands in every build; in profile soak, 10 million. */
  private static final long FRAMES = Long.getLong("tenon.relay.frames", 20_000);

  private static final int SCRIPT_BYTES = 6_000;

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void relay_anyLawfulFrames_givesTheFarSideTheSame(@ForAll @Size(max = 1_500) byte[] script) {
    assertThat(RelayScript.compare(script)).isNotNegative();
  }

  @Example
  void relay_manyLawfulFrames_givesTheFarSideTheSame() {
    Random seeds = new Random();
    long sent = 0;
    while (sent < FRAMES) {
      long seed = seeds.nextLong();
      byte[] script = new byte[SCRIPT_BYTES];
      new Random(seed).nextBytes(script);
      try {
        sent += RelayScript.compare(script);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("with the script of seed " + seed, e);
      }
    }
  }

  /** Bits of lawful frames change on the way. */
  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void relay_framesThatBreak_throwsNothingAndEndsEachCall(
      @ForAll @Size(max = 1_500) byte[] script) {
    RelayScript.endure(script);
  }
}
