package dev.tenon.auth.issue;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.SpiffeId;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.DEROctetString;

/**
 * An extension that certificates carry for readers of the operator's, such as the number of a
 * contract. Never critical, and Tenon itself reads none: it gives no right here. Immutable.
 */
public final class CertificateExtension {
  /** Longest value, in bytes. */
  public static final int MAX_VALUE_BYTES = 1024;

  private static final Pattern OID = Pattern.compile("[0-2](\\.(0|[1-9][0-9]{0,9})){2,20}");

  /** The arcs of X.509 (2.5.29) and PKIX (RFC 5280), whose extensions are Tenon's to choose. */
  private static final List<String> RESERVED = List.of("2.5.29.", "1.3.6.1.5.5.7.");

  private final String oid;
  private final byte[] value;

  private CertificateExtension(String oid, byte[] value) {
    this.oid = oid;
    this.value = value;
  }

  /**
   * Returns the extension {@code oid} with {@code der}.
   *
   * @param oid in dotted form
   * @param der one value of ASN.1 in DER
   * @throws IllegalArgumentException if the id is malformed or one of the standard extensions, or
   *     the value is not one of ASN.1, or longer than {@value #MAX_VALUE_BYTES} bytes
   */
  public static CertificateExtension of(String oid, byte[] der) {
    requireNonNull(oid, "oid");
    requireNonNull(der, "der");
    if (oid.length() > 128 || !OID.matcher(oid).matches()) {
      throw new IllegalArgumentException(
          "extension: malformed id (expected: such as 1.3.6.1.4.1.1)");
    }
    if (RESERVED.stream().anyMatch(oid::startsWith)) {
      throw new IllegalArgumentException(
          "extension: " + oid + " is a standard one (expected: one of your own)");
    }
    if (der.length == 0 || der.length > MAX_VALUE_BYTES) {
      throw new IllegalArgumentException(
          "extension: " + der.length + " bytes (expected: 1 to " + MAX_VALUE_BYTES + ")");
    }
    try {
      var unusedId = new ASN1ObjectIdentifier(oid);
      var unused = ASN1Primitive.fromByteArray(der);
    } catch (IOException | RuntimeException e) {
      throw new IllegalArgumentException("extension " + oid + ": (expected: one value in DER)", e);
    }
    return new CertificateExtension(oid, der.clone());
  }

  /** Returns its id, in dotted form. */
  public String oid() {
    return oid;
  }

  byte[] value() {
    return value.clone();
  }

  /** Returns whether {@code certificate} has it, with this value, and not as a critical one. */
  boolean isIn(X509Certificate certificate) throws IOException {
    byte[] found = certificate.getExtensionValue(oid);
    return found != null
        && Arrays.equals(found, new DEROctetString(value).getEncoded())
        && certificate.getNonCriticalExtensionOIDs().contains(oid);
  }

  /** Returns the id; values may be for few eyes. */
  @Override
  public String toString() {
    return "CertificateExtension[" + oid + "]";
  }

  /** Which extensions the certificate of an id carries. Thread-safe; the same for the same id. */
  @FunctionalInterface
  public interface Chooser {
    /** None. */
    Chooser NONE = id -> List.of();

    /** Returns the extensions of {@code id}, each with another OID. */
    List<CertificateExtension> of(SpiffeId id);
  }
}
