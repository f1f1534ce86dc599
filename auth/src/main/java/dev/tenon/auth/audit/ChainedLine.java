package dev.tenon.auth.audit;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The form of a line: the event, then {@code sequence}, in the first line of a segment {@code
 * previous}, and last {@code chain}, which covers every byte before it. There is one way to write a
 * line, so that a changed bit anywhere makes another line.
 */
final class ChainedLine {
  /** The longest line that is read; what an event may hold is well below it. */
  static final int MAX_BYTES = 1 << 20;

  private static final String CHAIN = ",\"chain\":\"";
  private static final String END = "\"}\n";

  /** What follows the covered bytes. */
  private static final int TAIL_BYTES = CHAIN.length() + 64 + END.length();

  private static final Pattern FIRST =
      Pattern.compile("(?s).*,\"sequence\":([1-9][0-9]{0,17}),\"previous\":\"([0-9a-f]{64})\"");

  private static final Pattern ANY =
      Pattern.compile("(?s).*,\"sequence\":([1-9][0-9]{0,17})(,\"previous\":\"[0-9a-f]{64}\")?");

  private ChainedLine() {}

  /** What the first line of a segment says: where it goes on from, and why. */
  record First(Link before, boolean afterFailure) {}

  /** Returns the bytes that the chain covers in the line after {@code before}. */
  static byte[] covered(AuditEvent event, Link before, boolean first) {
    return (AuditJson.open(event) + ending(before, first)).getBytes(US_ASCII);
  }

  /** Returns the line that covers {@code covered} and leads to {@code link}. */
  static byte[] line(byte[] covered, Link link) {
    byte[] tail = (CHAIN + link.digest() + END).getBytes(US_ASCII);
    byte[] line = Arrays.copyOf(covered, covered.length + tail.length);
    System.arraycopy(tail, 0, line, covered.length, tail.length);
    return line;
  }

  private static String ending(Link before, boolean first) {
    String sequence = ",\"sequence\":" + (before.sequence() + 1);
    return first ? sequence + ",\"previous\":\"" + before.digest() + "\"" : sequence;
  }

  /** Returns where {@code line} leads from {@code before}, unless it is not the line after it. */
  static Optional<Link> follow(byte[] line, Link before, boolean first) {
    Optional<byte[]> covered = covered(line);
    if (covered.isEmpty() || !endsWith(covered.get(), ending(before, first))) {
      return Optional.empty();
    }
    Link link = before.next(covered.get());
    return Arrays.equals(line, line(covered.get(), link)) ? Optional.of(link) : Optional.empty();
  }

  /** Returns what {@code line} says as the first of its segment, unless it is no such line. */
  static Optional<First> first(byte[] line) {
    Optional<byte[]> covered = covered(line);
    if (covered.isEmpty()) {
      return Optional.empty();
    }
    Matcher matcher = FIRST.matcher(new String(covered.get(), US_ASCII));
    if (!matcher.matches()) {
      return Optional.empty();
    }
    Link before = new Link(Long.parseLong(matcher.group(1)) - 1, matcher.group(2));
    if (follow(line, before, /* first= */ true).isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(new First(before, isContinuation(line)));
  }

  /** Returns the link that {@code line} claims, unchecked, if it has the form of a line. */
  static Optional<Link> claimed(byte[] line) {
    return covered(line)
        .map(covered -> ANY.matcher(new String(covered, US_ASCII)))
        .filter(Matcher::matches)
        .map(
            matcher ->
                new Link(
                    Long.parseLong(matcher.group(1)),
                    new String(line, line.length - END.length() - 64, 64, US_ASCII)))
        .filter(link -> link.digest().matches("[0-9a-f]{64}"));
  }

  private static boolean isContinuation(byte[] line) {
    try {
      JsonObject json = JsonParser.parseString(new String(line, UTF_8)).getAsJsonObject();
      return LogEvents.isContinuation(json);
    } catch (JsonParseException | IllegalStateException e) {
      return false;
    }
  }

  private static Optional<byte[]> covered(byte[] line) {
    if (line.length <= TAIL_BYTES) {
      return Optional.empty();
    }
    return Optional.of(Arrays.copyOf(line, line.length - TAIL_BYTES));
  }

  private static boolean endsWith(byte[] bytes, String text) {
    byte[] end = text.getBytes(US_ASCII);
    return bytes.length >= end.length
        && Arrays.equals(bytes, bytes.length - end.length, bytes.length, end, 0, end.length);
  }
}
