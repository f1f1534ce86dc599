package dev.tenon.auth.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.tomlj.Toml;
import org.tomlj.TomlParseError;
import org.tomlj.TomlParseOptions;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlTable;
import org.tomlj.TomlVersion;

/** From a file to a TOML table, or to the reasons why not. */
final class ConfigText {
  /** Largest file; more is not a configuration written by a person. */
  static final int MAX_BYTES = 1024 * 1024;

  /** Deepest nesting of tables and arrays; keeps a hostile file from exhausting the stack. */
  static final int MAX_NESTING = 16;

  private static final TomlParseOptions OPTIONS =
      TomlParseOptions.sourceless()
          .withVersion(TomlVersion.V1_0_0)
          .withMaxNestingDepth(MAX_NESTING);

  private ConfigText() {}

  static String read(Path file) throws ConfigException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    } catch (IOException e) {
      throw new ConfigException(
          ConfigException.Kind.UNREADABLE,
          List.of(Shown.plain(file + ": " + reason(e) + " (expected: a readable file)")));
    }
    Problems problems = new Problems(file.toString());
    if (bytes.length > MAX_BYTES) {
      problems.add(1, "file: got more than 1 MiB (expected: at most 1 MiB)");
    }
    String text = decode(bytes, problems);
    problems.throwIfAny();
    return text;
  }

  private static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "no such file";
    }
    return e instanceof AccessDeniedException ? "permission denied" : "cannot be read: " + e;
  }

  private static String decode(byte[] bytes, Problems problems) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(in).toString();
    } catch (CharacterCodingException e) {
      int line = 1;
      for (int i = 0; i < in.position(); i++) {
        line += bytes[i] == '\n' ? 1 : 0;
      }
      problems.add(line, "file: got a byte that is not UTF-8 (expected: UTF-8)");
      return "";
    }
  }

  static TomlTable parse(Problems problems, String toml) throws ConfigException {
    TomlParseResult parsed = Toml.parse(toml, OPTIONS);
    for (TomlParseError error : parsed.errors()) {
      problems.add(error.position().line(), "not TOML: " + error.getMessage());
    }
    problems.throwIfAny();
    return parsed;
  }
}
