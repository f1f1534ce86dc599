package dev.tenon.router.relay;

import static java.util.regex.Pattern.DOTALL;
import static java.util.regex.Pattern.MULTILINE;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls that end at random leave nothing: a second of them in every build, minutes in soak. */
final class RelayLeakTest {
  private static final int SECONDS = Integer.getInteger("tenon.relay.resets", 1);
  private static final Pattern LEFT =
      Pattern.compile("calls=(\\d+) deadlines=(\\d+) heapKiB=(-?\\d+) directKiB=(-?\\d+)");

  /** What Netty says of a buffer that nobody released, up to the next line of the log's own. */
  private static final Pattern LEAK =
      Pattern.compile("LEAK:.*?(?=^[A-Z][a-z]{2} \\d+, \\d{4}|\\z)", DOTALL | MULTILINE);

  /**
   * Who had a buffer of the relay. Caller and provider are grpc-java's: of a call that is cancelled
   * while something comes for it, its client may forget to release that.
   */
  private static final Pattern OURS = Pattern.compile("dev\\.tenon|Link#");

  /** What one run may differ from another. */
  private static final long FEW_KIB = 16 * 1024;

  @Test
  void relay_callsThatEndAtRandom_leaveNothing(@TempDir Path folder) throws Exception {
    Path said = folder.resolve("said");
    Process program =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx256m",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-Dio.netty.leakDetection.level=paranoid",
                    "-cp",
                    System.getProperty("java.class.path"),
                    RandomResets.class.getName(),
                    Integer.toString(SECONDS)))
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    try {
      assertThat(program.waitFor(SECONDS + 180L, TimeUnit.SECONDS)).isTrue();
    } finally {
      program.destroyForcibly();
    }

    String text = Files.readString(said);
    assertThat(program.exitValue()).as(text).isZero();
    assertThat(LEAK.matcher(text).results().map(MatchResult::group))
        .noneMatch(leak -> OURS.matcher(leak).find());
    Matcher left = LEFT.matcher(text);
    assertThat(left.find()).as(text).isTrue();
    System.out.println(left.group());
    assertThat(left.group(2)).as("calls that wait for their time").isEqualTo("0");
    assertThat(Long.parseLong(left.group(3))).as("KiB of heap").isLessThan(FEW_KIB);
    assertThat(Long.parseLong(left.group(4))).as("KiB of direct memory").isLessThan(FEW_KIB);
  }
}
