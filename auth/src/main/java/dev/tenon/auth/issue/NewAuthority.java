package dev.tenon.auth.issue;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.core.TrustDomain;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * Makes an authority of its own, with a P-256 key, and writes it into files that did not exist
 * before. Thread-safe.
 */
public final class NewAuthority {
  private static final Base64.Encoder PEM_LINES =
      Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));

  private final TrustDomain trustDomain;
  private final Duration life;
  private final InstantSource clock;
  private final SecureRandom random;

  /**
   * Makes a maker of authorities of {@code trustDomain} that are valid for {@code life}.
   *
   * @throws IllegalArgumentException if {@code life} is not positive
   */
  public NewAuthority(
      TrustDomain trustDomain, Duration life, InstantSource clock, SecureRandom random) {
    if (life.isNegative() || life.isZero()) {
      throw new IllegalArgumentException("life: " + life + " (expected: > 0)");
    }
    this.trustDomain = requireNonNull(trustDomain, "trustDomain");
    this.life = life;
    this.clock = requireNonNull(clock, "clock");
    this.random = requireNonNull(random, "random");
  }

  /**
   * Makes an authority for {@code role} and writes it to {@code files}: the key with mode 0600 from
   * its first byte on, and encrypted if there is a passphrase.
   *
   * @throws FileAlreadyExistsException if a file is there; nothing is overwritten
   * @throws IOException if a file cannot be written; the key is deleted again if the certificate
   *     was not written
   * @throws ConfigException if the file with the passphrase is not what it should be
   */
  public void write(Role role, AuthorityFiles files) throws IOException, ConfigException {
    requireAbsent(files.certificate());
    EmbeddedAuthority authority = EmbeddedAuthority.create(trustDomain, role, life, clock, random);
    Optional<char[]> passphrase = files.readPassphrase();
    try {
      write(files.key(), keyPem(authority.key(), passphrase), "rw-------");
    } finally {
      passphrase.ifPresent(secret -> Arrays.fill(secret, ' '));
    }
    try {
      byte[] der = authority.trustBundle().get(0).getEncoded();
      write(files.certificate(), pem("CERTIFICATE", der), "rw-r--r--");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a certificate of our own cannot be encoded", e);
    } catch (IOException e) {
      Files.delete(files.key());
      throw e;
    }
  }

  private static void requireAbsent(Path file) throws IOException {
    if (Files.exists(file)) {
      throw new FileAlreadyExistsException(file.toString());
    }
  }

  private byte[] keyPem(PrivateKey key, Optional<char[]> passphrase) throws IOException {
    if (passphrase.isEmpty()) {
      return pem("PRIVATE KEY", key.getEncoded());
    }
    try {
      return pem("ENCRYPTED PRIVATE KEY", EncryptedKey.seal(key, passphrase.get(), random));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a key of our own cannot be encrypted", e);
    }
  }

  private static byte[] pem(String label, byte[] der) {
    String text =
        "-----BEGIN "
            + label
            + "-----\n"
            + PEM_LINES.encodeToString(der)
            + "\n-----END "
            + label
            + "-----\n";
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static void write(Path file, byte[] content, String mode) throws IOException {
    Set<StandardOpenOption> isNew =
        EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    FileAttribute<?>[] attributes =
        file.getFileSystem().supportedFileAttributeViews().contains("posix")
            ? new FileAttribute<?>[] {
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode))
            }
            : new FileAttribute<?>[0];
    try (SeekableByteChannel channel = Files.newByteChannel(file, isNew, attributes)) {
      ByteBuffer bytes = ByteBuffer.wrap(content);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }
  }
}
