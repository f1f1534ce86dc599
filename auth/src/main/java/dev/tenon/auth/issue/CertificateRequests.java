package dev.tenon.auth.issue;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.InvalidRequestException;
import dev.tenon.core.RuntimeId;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.util.Arrays;
import java.util.Map;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Set;
import org.bouncycastle.asn1.ASN1String;
import org.bouncycastle.asn1.pkcs.Attribute;
import org.bouncycastle.asn1.pkcs.CertificationRequest;
import org.bouncycastle.asn1.pkcs.CertificationRequestInfo;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;

/**
 * Reads certificate requests (PKCS#10, RFC 2986). A request only proves that its sender holds a
 * key; what it says beside that is at most compared.
 */
public final class CertificateRequests {
  /** Longest request; one with a P-256 key has some 200 bytes. */
  public static final int MAX_BYTES = 4096;

  /** The accepted signatures (RFC 5758, section 3.2) by the names that the JDK knows them by. */
  private static final Map<ASN1ObjectIdentifier, String> SIGNATURES =
      Map.of(
          X9ObjectIdentifiers.ecdsa_with_SHA256, "SHA256withECDSA",
          X9ObjectIdentifiers.ecdsa_with_SHA384, "SHA384withECDSA",
          X9ObjectIdentifiers.ecdsa_with_SHA512, "SHA512withECDSA");

  private CertificateRequests() {}

  /**
   * Returns the key of the request {@code der}, in its one encoding.
   *
   * @throws InvalidRequestException if it is longer than {@link #MAX_BYTES}, is not one PKCS#10
   *     request to its last byte, has another key than one on P-256, or is not signed with that key
   */
  public static PublicKey verify(byte[] der) throws InvalidRequestException {
    requireNonNull(der, "der");
    if (der.length > MAX_BYTES) {
      throw refused(der.length + " bytes (expected: at most 4096)");
    }
    CertificationRequest request = parse(der);
    PublicKey key = keyOf(request.getCertificationRequestInfo().getSubjectPublicKeyInfo());
    if (!isSignedWith(key, request)) {
      throw refused("signature (expected: ECDSA with the request's own key)");
    }
    return key;
  }

  /**
   * Returns the key of the request {@code der} as {@link #verify(byte[])} does, once it is found to
   * ask for nobody else: its subject is empty or the common name of {@code sender} alone, and it
   * asks for no extension (PKCS#9, RFC 2985, section 5.4.2), since names and rights are the host's
   * to choose.
   *
   * @throws InvalidRequestException if it is not such a request
   */
  public static PublicKey verify(byte[] der, RuntimeId sender) throws InvalidRequestException {
    requireNonNull(sender, "sender");
    PublicKey key = verify(der);
    CertificationRequestInfo info = parse(der).getCertificationRequestInfo();
    if (!isOf(info.getSubject(), sender)) {
      throw refused("subject (expected: empty, or the common name " + sender + ")");
    }
    if (asksForExtensions(info)) {
      throw refused("extensions (expected: none; the host chooses them)");
    }
    return key;
  }

  private static boolean isOf(X500Name subject, RuntimeId sender) {
    RDN[] names = subject.getRDNs();
    return names.length == 0
        || (names.length == 1
            && !names[0].isMultiValued()
            && names[0].getFirst().getType().equals(BCStyle.CN)
            && names[0].getFirst().getValue() instanceof ASN1String text
            && text.getString().equals(sender.value()));
  }

  private static boolean asksForExtensions(CertificationRequestInfo info) {
    ASN1Set attributes = info.getAttributes();
    if (attributes == null) {
      return false;
    }
    for (ASN1Encodable attribute : attributes) {
      ASN1ObjectIdentifier type = Attribute.getInstance(attribute).getAttrType();
      if (type.equals(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest)) {
        return true;
      }
    }
    return false;
  }

  private static CertificationRequest parse(byte[] der) throws InvalidRequestException {
    try {
      // Unlike the stream, fromByteArray refuses bytes after the end.
      CertificationRequest request =
          CertificationRequest.getInstance(ASN1Primitive.fromByteArray(der));
      // Lazy sequences are parsed at the latest here, so that nothing below meets a malformed one.
      if (Arrays.equals(request.getEncoded(ASN1Encoding.DER), der)) {
        return request;
      }
    } catch (IOException | RuntimeException | StackOverflowError e) {
      // Refused below, with what is a request in another encoding.
    }
    throw refused("not understood (expected: PKCS#10 in DER)");
  }

  private static PublicKey keyOf(SubjectPublicKeyInfo info) throws InvalidRequestException {
    AlgorithmIdentifier algorithm = info.getAlgorithm();
    ASN1Encodable curve = algorithm.getParameters();
    try {
      if (algorithm.getAlgorithm().equals(X9ObjectIdentifiers.id_ecPublicKey)
          && X9ObjectIdentifiers.prime256v1.equals(curve)) {
        return P256.decode(info.getPublicKeyData().getOctets());
      }
    } catch (GeneralSecurityException | RuntimeException e) {
      // A point that is none: refused like any other key.
    }
    throw refused("key (expected: EC on P-256, uncompressed)");
  }

  private static boolean isSignedWith(PublicKey key, CertificationRequest request) {
    String algorithm = SIGNATURES.get(request.getSignatureAlgorithm().getAlgorithm());
    if (algorithm == null) {
      return false;
    }
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initVerify(key);
      signature.update(request.getCertificationRequestInfo().getEncoded(ASN1Encoding.DER));
      return signature.verify(request.getSignature().getOctets());
    } catch (GeneralSecurityException | IOException | RuntimeException e) {
      return false;
    }
  }

  private static InvalidRequestException refused(String gotAndExpected) {
    return new InvalidRequestException("certificate_request: " + gotAndExpected);
  }
}
