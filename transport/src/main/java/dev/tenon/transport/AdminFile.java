package dev.tenon.transport;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import com.google.gson.stream.JsonWriter;
import dev.tenon.core.AdminName;
import dev.tenon.core.SpiffeId;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the program of an administrator needs to reach its host: where that listens, whom to expect
 * there, and the administrator's own key and certificate. One line of JSON, in a file that its user
 * alone can read. Immutable, and prints without the key.
 *
 * @param admin who this is for
 * @param control where the host's control plane listens
 * @param serverName the DNS name in the host's certificate
 * @param hostId the only identity that the host may show
 * @param credentials key and certificate of the administrator, and the host's authority
 * @param expires when the certificate expires
 */
public record AdminFile(
    AdminName admin,
    Endpoint control,
    String serverName,
    SpiffeId.OfHost hostId,
    Credentials credentials,
    Instant expires) {
  /** Longest document, with its line feed. */
  public static final int MAX_BYTES = 64 * 1024;

  private static final String DOCUMENT = "admin file";
  private static final String BEGIN = "-----BEGIN PRIVATE KEY-----";
  private static final String END = "-----END PRIVATE KEY-----";
  private static final Pattern KEY =
      Pattern.compile(BEGIN + "\n([A-Za-z0-9+/=\n]{1,4096})\n" + END + "\n");

  /**
   * Checks the parts.
   *
   * @throws IllegalArgumentException if the server name is no DNS name, or the credentials have no
   *     certificate
   */
  public AdminFile {
    requireNonNull(admin, "admin");
    requireNonNull(control, "control");
    requireNonNull(hostId, "hostId");
    requireNonNull(expires, "expires");
    DnsNames.require(serverName);
    if (credentials.key().isEmpty()) {
      throw new IllegalArgumentException("credentials: no key (expected: a key)");
    }
  }

  /**
   * Parses one line, with or without the line feed at its end; unknown keys are ignored.
   *
   * @throws IllegalArgumentException if it is no such document; the message never shows the key
   */
  public static AdminFile parse(byte[] line) {
    if (line.length > MAX_BYTES) {
      throw new IllegalArgumentException(
          DOCUMENT + ": " + line.length + " bytes (expected: <= " + MAX_BYTES + ")");
    }
    DocumentFields fields = DocumentFields.read(DOCUMENT, line);
    return new AdminFile(
        fields.parsed("admin", AdminName::new),
        fields.parsed("control", Endpoint::parse),
        fields.parsed("server_name", DnsNames::require),
        fields.hostId("host_id"),
        Credentials.of(
            fields.parsed("key", AdminFile::key),
            fields.parsed("certificate_chain", Pem::parse),
            fields.parsed("trust_bundle", Pem::parse)),
        fields.time("expires"));
  }

  private static PrivateKey key(String pem) {
    Matcher key = KEY.matcher(pem);
    if (key.matches()) {
      try {
        return KeyFactory.getInstance("EC")
            .generatePrivate(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(key.group(1))));
      } catch (GeneralSecurityException | IllegalArgumentException e) {
        // Said below, without the cause: its message may show parts of the key.
      }
    }
    throw new IllegalArgumentException("malformed (expected: an EC key, PKCS#8 in PEM)");
  }

  /** Returns the document, key included, as one line that ends with LF. */
  public String toJsonLine() {
    StringWriter text = new StringWriter();
    try (JsonWriter json = new JsonWriter(text)) {
      json.beginObject();
      json.name("tenon").value(DocumentFields.VERSION);
      json.name("admin").value(admin.value());
      json.name("control").value(control.toString());
      json.name("server_name").value(serverName);
      json.name("host_id").value(hostId.toString());
      json.name("trust_bundle").value(Pem.encode(credentials.trustBundle()));
      json.name("certificate_chain").value(Pem.encode(credentials.chain()));
      json.name("key").value(pem(credentials.key().orElseThrow()));
      json.name("expires").value(expires.toString());
      json.endObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.append('\n').toString();
  }

  private static String pem(PrivateKey key) {
    String base64 =
        Base64.getMimeEncoder(64, "\n".getBytes(US_ASCII)).encodeToString(key.getEncoded());
    return BEGIN + "\n" + base64 + "\n" + END + "\n";
  }

  /** Returns whose it is; neither key nor addresses. */
  @Override
  public String toString() {
    return "AdminFile[" + admin + " of " + hostId + ", redacted]";
  }
}
