package dev.tenon.transport;

import io.grpc.ServerBuilder;
import io.netty.util.Version;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The oldest versions of the libraries below this one that may carry connections: an application
 * can bring others than those that we are built with. Looked at when a transport is made.
 */
final class Libraries {
  /** The first grpc-java that bounds what a peer resets by our fault (CVE-2025-55163). */
  private static final int[] GRPC = {1, 75, 0};

  /** The first Netty of each line that does (CVE-2025-55163); there is no other line. */
  private static final int[] NETTY_4_1 = {4, 1, 124};

  private static final int[] NETTY_4_2 = {4, 2, 4};

  private static final Pattern NUMBERS = Pattern.compile("(\\d+)\\.(\\d+)\\.(\\d+)([.-].*)?");

  private Libraries() {}

  /**
   * Checks what is loaded.
   *
   * @throws IllegalStateException if it is older; names the library, its version and the expected
   */
  static void require() {
    Map<String, Version> netty = Version.identify(Libraries.class.getClassLoader());
    Version http2 = netty.get("netty-codec-http2");
    requireNetty(http2 == null ? null : http2.artifactVersion());
    requireGrpc(ServerBuilder.class.getPackage().getImplementationVersion());
  }

  /** Checks a version of Netty; one that cannot be told, as in a repacked jar, is let pass. */
  static void requireNetty(@Nullable String version) {
    numbers(version)
        .filter(found -> isBelow(found, found[1] == NETTY_4_1[1] ? NETTY_4_1 : NETTY_4_2))
        .ifPresent(old -> refuse("Netty", version, "4.1.124 or 4.2.4 and later"));
  }

  /** Checks a version of grpc-java, in the same way. */
  static void requireGrpc(@Nullable String version) {
    numbers(version)
        .filter(found -> isBelow(found, GRPC))
        .ifPresent(old -> refuse("grpc-java", version, "1.75.0 and later"));
  }

  private static void refuse(String library, @Nullable String version, String expected) {
    throw new IllegalStateException(
        library + ": " + version + " on the class path (expected: " + expected + ")");
  }

  private static Optional<int[]> numbers(@Nullable String version) {
    Matcher matcher = NUMBERS.matcher(version == null ? "" : version);
    return matcher.matches()
        ? Optional.of(
            new int[] {
              Integer.parseInt(matcher.group(1)),
              Integer.parseInt(matcher.group(2)),
              Integer.parseInt(matcher.group(3))
            })
        : Optional.empty();
  }

  private static boolean isBelow(int[] found, int[] least) {
    return Arrays.compare(found, least) < 0;
  }
}
