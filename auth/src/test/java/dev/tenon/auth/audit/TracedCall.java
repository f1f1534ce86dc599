package dev.tenon.auth.audit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One system call that returned, from a trace with texts in hexadecimal ({@code -xx}).
 *
 * @param texts the arguments that are texts, as bytes in ISO 8859-1
 * @param numbers the arguments that are numbers
 * @param result what it returned; negative if it failed
 */
record TracedCall(
    String name, List<String> texts, List<Long> numbers, boolean creates, long result) {
  private static final Pattern WHOLE =
      Pattern.compile("\\d+ +(\\w+)\\((.*)\\) += (-?\\d+)(?: .*)?");

  /** The process ended under it. */
  private static final Pattern NEVER_RETURNED = Pattern.compile("\\d+ +.* += \\?");

  private static final Pattern BEGUN = Pattern.compile("(\\d+) +(.*) <unfinished \\.\\.\\.>");
  private static final Pattern ENDED = Pattern.compile("(\\d+) +<\\.\\.\\. \\w+ resumed>(.*)");
  private static final Pattern ARGUMENT = Pattern.compile("\"([^\"]*)\"|(?<![\\w])(\\d+)(?![\\w])");

  /** Returns the calls in the order in which they returned. */
  static List<TracedCall> parse(List<String> trace) {
    Map<String, String> begun = new HashMap<>();
    List<TracedCall> calls = new ArrayList<>();
    for (String line : trace) {
      Matcher begins = BEGUN.matcher(line);
      Matcher ends = ENDED.matcher(line);
      if (NEVER_RETURNED.matcher(line).matches()) {
        continue;
      }
      if (begins.matches()) {
        begun.put(begins.group(1), begins.group(2));
      } else if (ends.matches()) {
        String start = begun.remove(ends.group(1));
        calls.add(one(ends.group(1) + " " + start + ends.group(2)));
      } else {
        calls.add(one(line));
      }
    }
    return calls;
  }

  private static TracedCall one(String line) {
    Matcher whole = WHOLE.matcher(line);
    if (!whole.matches()) {
      throw new IllegalArgumentException(line + " (expected: a system call)");
    }
    List<String> texts = new ArrayList<>();
    List<Long> numbers = new ArrayList<>();
    Matcher argument = ARGUMENT.matcher(whole.group(2));
    while (argument.find()) {
      if (argument.group(1) == null) {
        numbers.add(Long.parseLong(argument.group(2)));
      } else {
        byte[] bytes = HexFormat.of().parseHex(argument.group(1).replace("\\x", ""));
        texts.add(new String(bytes, ISO_8859_1));
      }
    }
    return new TracedCall(
        whole.group(1),
        texts,
        numbers,
        whole.group(2).contains("O_CREAT"),
        Long.parseLong(whole.group(3)));
  }

  int file() {
    return Math.toIntExact(numbers.get(0));
  }

  boolean failed() {
    return result < 0;
  }
}
