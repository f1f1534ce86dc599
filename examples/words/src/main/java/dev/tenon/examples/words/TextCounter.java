package dev.tenon.examples.words;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tenon.examples.words.v1.Statistics;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;

/**
 * Statistics of one text in UTF-8 that comes in pieces. How it is cut makes no difference: the
 * first bytes of a character wait here for the others. Flat in memory; not thread-safe.
 */
final class TextCounter {
  private static final int BUFFER = 8 * 1024;

  private final CharsetDecoder decoder =
      UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT);
  private final ByteBuffer encoded = ByteBuffer.allocate(BUFFER);
  private final CharBuffer decoded = CharBuffer.allocate(BUFFER);

  private long bytes;
  private long characters;
  private long lineFeeds;
  private long words;
  private long undecodableBytes;
  private boolean inWord;
  private boolean inLine;

  /** Counts the next bytes, and leaves {@code piece} without remaining ones. */
  void add(ByteBuffer piece) {
    if (piece.hasRemaining()) {
      bytes += piece.remaining();
      inLine = piece.get(piece.limit() - 1) != '\n';
    }
    while (piece.hasRemaining()) {
      int size = Math.min(piece.remaining(), encoded.remaining());
      encoded.put(piece.slice(piece.position(), size));
      piece.position(piece.position() + size);
      decode(/* endOfInput= */ false);
    }
  }

  /** Returns the statistics of all that was added; nothing can be added afterwards. */
  Statistics finish() {
    decode(/* endOfInput= */ true);
    return Statistics.newBuilder()
        .setBytes(bytes)
        .setCharacters(characters)
        .setLines(lineFeeds + (inLine ? 1 : 0))
        .setWords(words)
        .setUndecodableBytes(undecodableBytes)
        .build();
  }

  private void decode(boolean endOfInput) {
    encoded.flip();
    CoderResult result;
    do {
      result = decoder.decode(encoded, decoded, endOfInput);
      countDecoded();
      if (result.isError()) {
        undecodableBytes += result.length();
        encoded.position(encoded.position() + result.length());
      }
    } while (!result.isUnderflow());
    encoded.compact(); // keeps the bytes of a character that is not complete yet
  }

  private void countDecoded() {
    decoded.flip();
    while (decoded.hasRemaining()) {
      char c = decoded.get();
      if (Character.isLowSurrogate(c)) {
        continue; // counted with its high surrogate
      }
      characters++;
      lineFeeds += c == '\n' ? 1 : 0;
      boolean wasInWord = inWord;
      inWord = !isWhiteSpace(c);
      words += inWord && !wasInWord ? 1 : 0;
    }
    decoded.clear();
  }

  /** Returns whether {@code c} has the Unicode property White_Space; no surrogate has. */
  private static boolean isWhiteSpace(char c) {
    return Character.isSpaceChar(c) || (c >= '\t' && c <= '\r') || c == '\u0085';
  }
}
