package dev.tenon.bench.endtoend;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the C program proves itself with and whom it trusts: the files of one private folder. Holds
 * paths alone, so it may be printed.
 *
 * @param folder where {@code certificate.pem}, {@code key.pem}, {@code authority.pem} and {@code
 *     token} are, mode 0600
 * @param serverName the DNS name that the server's certificate must have
 * @param proof what each call shows
 */
record Access(Path folder, String serverName, Proof proof) {
  /** The file of a grant. */
  static final String GRANT = "grant";

  private static final String TOKEN = "token";

  /** What a call shows beside the certificate of its connection. */
  enum Proof {
    NOTHING,
    /** A runtime token. */
    TOKEN,
    /** The grant of an introduction. */
    GRANT
  }

  Access {
    requireNonNull(folder, "folder");
    requireNonNull(serverName, "serverName");
    requireNonNull(proof, "proof");
  }

  /** Names an access whose calls show a token. */
  Access(Path folder, String serverName) {
    this(folder, serverName, Proof.TOKEN);
  }

  /** Makes {@code folder} with an identity and whom it trusts, for the C program. */
  static void lend(
      Path folder,
      PrivateKey key,
      List<X509Certificate> chain,
      List<X509Certificate> trustBundle,
      String token)
      throws IOException {
    lend(folder, key, chain, trustBundle).write(TOKEN, token + "\n");
  }

  /** Makes {@code folder} as the other method does, without a token. */
  static Access lend(
      Path folder, PrivateKey key, List<X509Certificate> chain, List<X509Certificate> trustBundle)
      throws IOException {
    Files.createDirectory(folder, Private.FOLDER);
    Access access = new Access(folder, "");
    access.write("key.pem", pem("PRIVATE KEY", key.getEncoded()));
    access.write("certificate.pem", pem(chain));
    access.write("authority.pem", pem(trustBundle));
    return access;
  }

  private static String pem(List<X509Certificate> certificates) throws IOException {
    StringBuilder text = new StringBuilder();
    for (X509Certificate certificate : certificates) {
      try {
        text.append(pem("CERTIFICATE", certificate.getEncoded()));
      } catch (CertificateEncodingException e) {
        throw new IOException(e);
      }
    }
    return text.toString();
  }

  private static String pem(String what, byte[] der) {
    String lines = Base64.getMimeEncoder(64, "\n".getBytes(US_ASCII)).encodeToString(der);
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(what, lines, what);
  }

  /** Returns the options of the C program that name the certificates. */
  List<String> certificates() {
    return List.of(
        "--certificate", file("certificate.pem"),
        "--key", file("key.pem"),
        "--authority", file("authority.pem"));
  }

  /** Returns the options that only its load generator needs. */
  List<String> caller() {
    List<String> shown =
        switch (proof) {
          case NOTHING -> List.of();
          case TOKEN -> List.of("--token-file", file(TOKEN));
          case GRANT -> List.of("--grant-file", file(GRANT));
        };
    return Stream.concat(Stream.of("--name", serverName), shown.stream()).toList();
  }

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  /** Makes a file of this folder that its owner alone can read; {@code text} may be a secret. */
  void write(String name, String text) throws IOException {
    Path file = Files.createFile(folder.resolve(name), Private.FILE);
    Files.writeString(file, text);
  }
}
