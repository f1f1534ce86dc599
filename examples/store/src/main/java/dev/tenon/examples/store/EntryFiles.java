package dev.tenon.examples.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.tenon.examples.store.v1.Entry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Entries in a directory, each in a file of its own that is named for the SHA-256 of its key.
 * Thread-safe, also beside another process on the same directory (an old run that drains while a
 * new one starts).
 *
 * <p>A file is written under a temporary name, forced to the disk and then renamed, so that under
 * its real name it is complete or absent, whenever the process is killed.
 */
final class EntryFiles {
  /** What is older than this under a temporary name was left by a crash. */
  static final Duration ABANDONED = Duration.ofMinutes(10);

  private static final String ENTRY = ".entry";
  private static final String TEMPORARY = ".tmp";
  private static final Logger LOG = System.getLogger(EntryFiles.class.getName());

  private final Path directory;

  private EntryFiles(Path directory) {
    this.directory = directory;
  }

  /**
   * Opens the entries in {@code directory}, which is made if it is missing, and removes what a
   * crash left there.
   *
   * @throws IOException if the directory cannot be used
   */
  static EntryFiles open(Path directory, InstantSource clock) throws IOException {
    Files.createDirectories(directory);
    Instant limit = clock.instant().minus(ABANDONED);
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + TEMPORARY)) {
      for (Path file : files) {
        if (Files.getLastModifiedTime(file).toInstant().isBefore(limit)) {
          Files.deleteIfExists(file);
        }
      }
    }
    return new EntryFiles(directory);
  }

  /**
   * Keeps {@code entry} in place of an earlier one with its key; it is on the disk on return.
   *
   * @throws IOException if it cannot be written
   */
  void put(Entry entry) throws IOException {
    Path temporary = Files.createTempFile(directory, "put-", TEMPORARY);
    try {
      try (FileChannel channel = FileChannel.open(temporary, WRITE)) {
        ByteBuffer bytes = entry.toByteString().asReadOnlyByteBuffer();
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      Files.move(temporary, fileOf(entry.getKey()), ATOMIC_MOVE);
      try (FileChannel names = FileChannel.open(directory, READ)) {
        names.force(true); // a new name is durable only when its directory is
      }
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /**
   * Returns the value of {@code key}.
   *
   * @throws java.nio.file.NoSuchFileException if there is none
   * @throws InvalidProtocolBufferException if its file is damaged
   * @throws IOException if its file cannot be read
   */
  ByteString value(String key) throws IOException {
    Entry entry = Entry.parseFrom(Files.readAllBytes(fileOf(key)));
    if (!entry.getKey().equals(key)) {
      throw new InvalidProtocolBufferException("the file of an entry has another key");
    }
    return entry.getValue();
  }

  /**
   * Returns the entries whose key begins with {@code prefix}, read as the stream goes; to be
   * closed. A damaged entry is left out, with a line in the log. Going on throws {@link
   * UncheckedIOException} if the disk cannot be read.
   *
   * @throws IOException if the directory cannot be read
   */
  @SuppressWarnings("StreamResourceLeak") // the caller closes what it gets
  Stream<Entry> startingWith(String prefix) throws IOException {
    return Files.list(directory)
        .filter(file -> file.toString().endsWith(ENTRY))
        .flatMap(file -> entryIn(file).stream())
        .filter(entry -> entry.getKey().startsWith(prefix));
  }

  private Optional<Entry> entryIn(Path file) {
    try {
      Entry entry = Entry.parseFrom(Files.readAllBytes(file));
      if (fileOf(entry.getKey()).equals(file)) {
        return Optional.of(entry);
      }
      LOG.log(Level.ERROR, "an entry is damaged, and left out: {0}", file);
    } catch (InvalidProtocolBufferException e) {
      LOG.log(Level.ERROR, "an entry is damaged, and left out: " + file, e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Optional.empty();
  }

  private Path fileOf(String key) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getBytes(UTF_8));
      return directory.resolve(HexFormat.of().formatHex(digest) + ENTRY);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
