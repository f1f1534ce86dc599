package dev.tenon.sdk;

import com.google.protobuf.ByteString;
import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Reads the certificates of the host's answers. */
final class Certificates {
  /** Longer chains and bundles than this have no use. */
  static final int MAX_COUNT = 32;

  private static final int URI_NAME = 6;

  private Certificates() {}

  /**
   * Returns the certificates of {@code field}.
   *
   * @throws BadAnswerException if there is none, there are too many, or one is not exactly one
   *     certificate in DER
   */
  static List<X509Certificate> parse(String field, List<ByteString> ders)
      throws BadAnswerException {
    if (ders.isEmpty() || ders.size() > MAX_COUNT) {
      throw new BadAnswerException(
          field, ders.size() + " certificates", "1 to " + MAX_COUNT + " certificates");
    }
    List<X509Certificate> certificates = new ArrayList<>();
    for (ByteString der : ders) {
      certificates.add(parse(field, der.toByteArray()));
    }
    return List.copyOf(certificates);
  }

  private static X509Certificate parse(String field, byte[] der) throws BadAnswerException {
    try {
      X509Certificate certificate =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(new ByteArrayInputStream(der));
      if (!Arrays.equals(certificate.getEncoded(), der)) {
        throw new BadAnswerException(field, "more than one certificate", "DER, one each");
      }
      return certificate;
    } catch (CertificateException e) {
      throw new BadAnswerException(field, "certificates in DER", e);
    }
  }

  /** Returns the one URI among the certificate's names, or empty if there is not exactly one. */
  static Optional<String> uri(X509Certificate certificate) {
    try {
      var names = certificate.getSubjectAlternativeNames();
      List<String> uris =
          names == null
              ? List.of()
              : names.stream()
                  .filter(name -> name.get(0).equals(URI_NAME))
                  .map(name -> (String) name.get(1))
                  .toList();
      return uris.size() == 1 ? Optional.of(uris.get(0)) : Optional.empty();
    } catch (CertificateException e) {
      return Optional.empty();
    }
  }
}
