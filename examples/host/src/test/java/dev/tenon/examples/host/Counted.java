package dev.tenon.examples.host;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Statistics of a valid text, counted in another way than the plugin counts. */
record Counted(long lines, long words, long characters, long bytes) {
  private static final Pattern WORD = Pattern.compile("\\P{IsWhite_Space}+");

  static Counted of(byte[] text) throws CharacterCodingException {
    String decoded =
        UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .decode(java.nio.ByteBuffer.wrap(text))
            .toString();
    boolean endsInLine = !decoded.isEmpty() && !decoded.endsWith("\n");
    return new Counted(
        decoded.chars().filter(c -> c == '\n').count() + (endsInLine ? 1 : 0),
        WORD.matcher(decoded).results().count(),
        decoded.codePoints().count(),
        text.length);
  }

  static Counted sum(List<Counted> all) {
    return new Counted(
        all.stream().mapToLong(Counted::lines).sum(),
        all.stream().mapToLong(Counted::words).sum(),
        all.stream().mapToLong(Counted::characters).sum(),
        all.stream().mapToLong(Counted::bytes).sum());
  }

  /** Returns the row that the demo prints. */
  Map<String, String> row(String name) {
    return Map.of(
        "FILE", name,
        "LINES", Long.toString(lines),
        "WORDS", Long.toString(words),
        "CHARACTERS", Long.toString(characters),
        "BYTES", Long.toString(bytes),
        "UNDECODABLE", "0");
  }
}
