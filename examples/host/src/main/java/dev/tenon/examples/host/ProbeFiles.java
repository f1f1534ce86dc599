package dev.tenon.examples.host;

import dev.tenon.auth.config.ConfigException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The files of a probe. Problems name the file, and nothing that is in it. */
final class ProbeFiles {
  private static final int MAX_BYTES = 64 * 1024;

  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

  private static final Pattern SECRET = Pattern.compile("[\\x21-\\x7e]{1,512}");

  private static final Set<PosixFilePermission> OF_THE_OWNER =
      EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

  private ProbeFiles() {}

  static List<X509Certificate> certificates(Path file) throws ConfigException {
    try {
      List<X509Certificate> read =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(bytes(file)))
              .stream()
              .map(X509Certificate.class::cast)
              .toList();
      if (!read.isEmpty()) {
        return read;
      }
    } catch (CertificateException e) {
      // Said below.
    }
    throw wrong(file, "no certificate (expected: certificates in PEM)");
  }

  static PrivateKey privateKey(Path file) throws ConfigException {
    requirePrivate(file);
    Matcher key = KEY.matcher(new String(bytes(file), StandardCharsets.US_ASCII).strip());
    if (key.matches()) {
      byte[] der = Base64.getMimeDecoder().decode(key.group(1));
      for (String algorithm : List.of("EC", "RSA")) {
        try {
          return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
        } catch (GeneralSecurityException e) {
          // Of another algorithm, or none: the reason may show parts of the key.
        }
      }
    }
    throw wrong(file, "no private key (expected: one of EC or RSA, PKCS#8 in PEM)");
  }

  /** Returns the one line of a file that nobody else may read. */
  static String secretLine(Path file) throws ConfigException {
    requirePrivate(file);
    String line = new String(bytes(file), StandardCharsets.US_ASCII).stripTrailing();
    if (!SECRET.matcher(line).matches()) {
      throw wrong(file, "no token (expected: one line of printable characters without spaces)");
    }
    return line;
  }

  private static void requirePrivate(Path file) throws ConfigException {
    if (!file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      return;
    }
    try {
      if (!OF_THE_OWNER.containsAll(Files.getPosixFilePermissions(file))) {
        throw wrong(file, "open to group or others (expected: mode 0600: chmod 600 " + file + ")");
      }
    } catch (IOException e) {
      throw unreadable(file);
    }
  }

  private static byte[] bytes(Path file) throws ConfigException {
    try {
      if (Files.isRegularFile(file) && Files.size(file) <= MAX_BYTES) {
        return Files.readAllBytes(file);
      }
    } catch (IOException e) {
      // Said below.
    }
    throw unreadable(file);
  }

  private static ConfigException unreadable(Path file) {
    return wrong(file, "cannot be read (expected: a file of at most 64 KiB)");
  }

  private static ConfigException wrong(Path file, String problem) {
    return new ConfigException(ConfigException.Kind.INVALID, List.of(file + ": " + problem));
  }
}
