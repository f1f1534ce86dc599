package dev.tenon.examples.words;

import dev.tenon.examples.words.v1.Statistics;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The reference for {@link TextCounter}: the definitions, written down with a whole text. */
final class SlowCount {
  private static final Pattern WORD =
      Pattern.compile("\\S+", Pattern.UNICODE_CHARACTER_CLASS); // \s is then White_Space

  private SlowCount() {}

  static Statistics of(byte[] text) {
    List<Integer> characters = new ArrayList<>();
    long undecodable = 0;
    int at = 0;
    while (at < text.length) {
      int length = lengthOfCharacter(text, at);
      if (length == 0) {
        undecodable++;
        at++;
      } else {
        characters.add(codePoint(text, at, length));
        at += length;
      }
    }
    StringBuilder decoded = new StringBuilder();
    characters.forEach(decoded::appendCodePoint);
    long lineFeeds = decoded.chars().filter(c -> c == '\n').count();
    boolean unterminated = text.length > 0 && text[text.length - 1] != '\n';
    return Statistics.newBuilder()
        .setBytes(text.length)
        .setCharacters(characters.size())
        .setLines(lineFeeds + (unterminated ? 1 : 0))
        .setWords(WORD.matcher(decoded).results().count())
        .setUndecodableBytes(undecodable)
        .build();
  }

  /** Returns the length of the well-formed character at {@code at}, or 0 (RFC 3629, section 4). */
  private static int lengthOfCharacter(byte[] text, int at) {
    for (int length = 1; length <= 4 && at + length <= text.length; length++) {
      if (hasForm(text, at, length)) {
        int codePoint = codePoint(text, at, length);
        boolean shortest = codePoint >= new int[] {0, 0, 0x80, 0x800, 0x10000}[length];
        boolean surrogate = codePoint >= 0xD800 && codePoint <= 0xDFFF;
        return shortest && !surrogate && codePoint <= 0x10FFFF ? length : 0;
      }
    }
    return 0;
  }

  private static boolean hasForm(byte[] text, int at, int length) {
    int first = text[at] & 0xFF;
    int ones = Integer.numberOfLeadingZeros(~(first << 24));
    if (ones != (length == 1 ? 0 : length)) {
      return false;
    }
    for (int i = 1; i < length; i++) {
      if ((text[at + i] & 0xC0) != 0x80) {
        return false;
      }
    }
    return true;
  }

  private static int codePoint(byte[] text, int at, int length) {
    int first = text[at] & 0xFF;
    int codePoint = length == 1 ? first : first & (0x7F >> length);
    for (int i = 1; i < length; i++) {
      codePoint = (codePoint << 6) | (text[at + i] & 0x3F);
    }
    return codePoint;
  }
}
