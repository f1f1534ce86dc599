package dev.tenon.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.tenon.auth.RandomSourceFailedException;
import dev.tenon.auth.TokenMint;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.regex.Pattern;

/**
 * The name of a host, the last part of its SPIFFE ID: made at the first start over a state
 * directory, and the same at every later one. Whoever deletes the file gives the host a new name.
 */
final class HostName {
  /** The file in the state directory. */
  static final String FILE = "host-id";

  /** What all names begin with. */
  static final String PREFIX = "h-";

  /**
   * Enough to tell the hosts of a trust domain apart; the name is no secret, and paths are short.
   */
  private static final int DIGITS = 8;

  private static final Pattern FORM = Pattern.compile(PREFIX + "[0-9a-f]{" + DIGITS + "}");

  private HostName() {}

  /**
   * Returns the name that is kept in {@code state}, which one host has to itself.
   *
   * @throws IOException if it cannot be read or kept, or is not one
   */
  static String in(Path state, TokenMint mint) throws IOException, RandomSourceFailedException {
    Path file = state.resolve(FILE);
    return Files.exists(file) ? read(file) : make(file, mint);
  }

  private static String read(Path file) throws IOException {
    String kept = Files.readString(file, UTF_8).strip();
    if (!FORM.matcher(kept).matches()) {
      throw new IOException(
          file
              + ": not the name of a host (expected: h- and "
              + DIGITS
              + " hexadecimal digits; without the file the host makes a new one)");
    }
    return kept;
  }

  private static String make(Path file, TokenMint mint)
      throws IOException, RandomSourceFailedException {
    String name = PREFIX + mint.registrationId().substring(0, DIGITS);
    Path fresh = file.resolveSibling("." + FILE);
    try (FileChannel channel = FileChannel.open(fresh, CREATE, TRUNCATE_EXISTING, WRITE)) {
      channel.write(UTF_8.encode(name + "\n"));
      channel.force(/* metaData= */ true); // the name is there before the file is
    }
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    return name;
  }
}
