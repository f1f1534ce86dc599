package dev.tenon.auth.issue;

import dev.tenon.auth.config.ConfigException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * A file of PEM in the strict form (RFC 7468, section 3): nothing before, between or after its
 * blocks, and lines that end with LF. Its content is a secret and in no message.
 */
final class PemFile {
  /** Largest file: more than any chain has. */
  static final int MAX_BYTES = 64 * 1024;

  /** More than any file of ours has. */
  private static final int MAX_CERTIFICATES = 8;

  private static final int MAX_LINE_LENGTH = 64;
  private static final String CERTIFICATE = "CERTIFICATE";
  private static final String PRIVATE_KEY = "PRIVATE KEY";
  private static final String ENCRYPTED = "ENCRYPTED PRIVATE KEY";

  private PemFile() {}

  /** Returns the certificates of {@code file}, one or more, in its order. */
  static List<X509Certificate> certificates(Path file) throws ConfigException {
    String expected = "certificates in PEM and nothing else";
    List<String> lines = lines(file, expected);
    List<X509Certificate> certificates = new ArrayList<>();
    int from = 0;
    while (from < lines.size()) {
      int end = end(file, lines, from, CERTIFICATE, expected);
      certificates.add(certificate(file, decode(file, lines.subList(from + 1, end))));
      from = end + 1;
    }
    if (certificates.size() > MAX_CERTIFICATES) {
      throw invalid(file, certificates.size() + " certificates", "at most " + MAX_CERTIFICATES);
    }
    return List.copyOf(certificates);
  }

  /** Returns the one PKCS#8 key of {@code file}, in DER. */
  static byte[] privateKey(Path file) throws ConfigException {
    String expected = "one PRIVATE KEY in PEM, PKCS#8, and nothing else";
    List<String> lines = lines(file, expected);
    if (lines.get(0).equals(begin(ENCRYPTED))) {
      throw invalid(file, "an encrypted key, and there is no passphrase", expected);
    }
    int end = end(file, lines, 0, PRIVATE_KEY, expected);
    if (end != lines.size() - 1) {
      throw invalid(file, "more than a key", expected);
    }
    return decode(file, lines.subList(1, end));
  }

  /** Returns the one encrypted PKCS#8 key of {@code file}, in DER. */
  static byte[] encryptedKey(Path file) throws ConfigException {
    String expected = "one ENCRYPTED PRIVATE KEY in PEM, PKCS#8, and nothing else";
    List<String> lines = lines(file, expected);
    int end = end(file, lines, 0, ENCRYPTED, expected);
    if (end != lines.size() - 1) {
      throw invalid(file, "more than a key", expected);
    }
    return decode(file, lines.subList(1, end));
  }

  /** Returns the one line of {@code file}, without its end. */
  static char[] line(Path file) throws ConfigException {
    String expected = "one line with a passphrase";
    List<String> lines = lines(file, expected);
    if (lines.size() != 1 || lines.get(0).isEmpty()) {
      throw invalid(file, lines.get(0).isEmpty() ? "empty" : "more than a line", expected);
    }
    return lines.get(0).toCharArray();
  }

  private static List<String> lines(Path file, String expected) throws ConfigException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
    if (bytes.length == 0 || bytes.length > MAX_BYTES) {
      throw invalid(file, bytes.length == 0 ? "empty" : "more than 64 KiB", expected);
    }
    // A byte that is not ASCII becomes a character that no line of PEM has.
    String text = new String(bytes, StandardCharsets.US_ASCII);
    String body = text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    return Arrays.asList(body.split("\n", -1));
  }

  /** Returns the index of the end of the block {@code label} that begins at {@code from}. */
  private static int end(Path file, List<String> lines, int from, String label, String expected)
      throws ConfigException {
    if (!lines.get(from).equals(begin(label))) {
      throw invalid(file, "line " + (from + 1) + " is not " + begin(label), expected);
    }
    int end = from + 1;
    while (end < lines.size() && !lines.get(end).startsWith("-----")) {
      end++;
    }
    if (end == lines.size() || !lines.get(end).equals("-----END " + label + "-----")) {
      throw invalid(file, "the " + label + " at line " + (from + 1) + " has no end", expected);
    }
    return end;
  }

  private static String begin(String label) {
    return "-----BEGIN " + label + "-----";
  }

  private static byte[] decode(Path file, List<String> lines) throws ConfigException {
    for (String line : lines) {
      if (line.isEmpty() || line.length() > MAX_LINE_LENGTH) {
        throw invalid(file, "a line of " + line.length() + " characters", "1 to 64 in PEM");
      }
    }
    try {
      return Base64.getDecoder().decode(String.join("", lines));
    } catch (IllegalArgumentException e) {
      // Its message shows characters of the file.
      throw invalid(file, "not base64", "PEM");
    }
  }

  private static X509Certificate certificate(Path file, byte[] der) throws ConfigException {
    try {
      X509Certificate certificate =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(new ByteArrayInputStream(der));
      if (Arrays.equals(certificate.getEncoded(), der)) {
        return certificate;
      }
    } catch (CertificateException e) {
      // Said below.
    }
    throw invalid(file, "not a certificate", "X.509 in DER inside of PEM");
  }

  static ConfigException unreadable(Path file, IOException e) {
    String reason = Files.isDirectory(file) ? "a directory" : reason(e);
    return new ConfigException(
        ConfigException.Kind.UNREADABLE, List.of(text(file, reason, "a readable file")));
  }

  private static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "no such file";
    }
    return e instanceof AccessDeniedException ? "permission denied" : "cannot be read";
  }

  static ConfigException invalid(Path file, String problem, String expected) {
    return new ConfigException(
        ConfigException.Kind.INVALID, List.of(text(file, problem, expected)));
  }

  private static String text(Path file, String problem, String expected) {
    return file + ": " + problem + " (expected: " + expected + ")";
  }
}
