package dev.tenon.transport;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * Certificates as PEM text, in the strict form (RFC 7468, section 3): nothing before, between or
 * after the certificates, and lines that end with LF.
 */
final class Pem {
  private static final int MAX_CERTIFICATES = 16;
  private static final int MAX_LINE_LENGTH = 64;
  private static final String BEGIN = "-----BEGIN CERTIFICATE-----";
  private static final String END = "-----END CERTIFICATE-----";

  private Pem() {}

  static String encode(List<X509Certificate> certificates) {
    Base64.Encoder encoder =
        Base64.getMimeEncoder(MAX_LINE_LENGTH, "\n".getBytes(StandardCharsets.US_ASCII));
    StringBuilder pem = new StringBuilder();
    try {
      for (X509Certificate certificate : certificates) {
        pem.append(BEGIN).append('\n');
        pem.append(encoder.encodeToString(certificate.getEncoded())).append('\n');
        pem.append(END).append('\n');
      }
    } catch (CertificateException e) {
      throw new IllegalArgumentException("certificate: cannot be encoded", e);
    }
    return pem.toString();
  }

  /**
   * Parses one certificate or more.
   *
   * @throws IllegalArgumentException for anything else
   */
  static List<X509Certificate> parse(String pem) {
    List<X509Certificate> certificates = new ArrayList<>();
    StringBuilder base64 = new StringBuilder();
    boolean inside = false;
    for (String line : lines(pem)) {
      if (!inside) {
        require(line.equals(BEGIN), "a line outside of a certificate");
        inside = true;
      } else if (line.equals(END)) {
        certificates.add(certificate(base64.toString()));
        base64.setLength(0);
        inside = false;
      } else {
        require(!line.isEmpty() && line.length() <= MAX_LINE_LENGTH, "a line of wrong length");
        base64.append(line);
      }
    }
    require(!inside && !certificates.isEmpty(), "no end or no certificate");
    require(certificates.size() <= MAX_CERTIFICATES, "more than " + MAX_CERTIFICATES);
    return List.copyOf(certificates);
  }

  private static List<String> lines(String pem) {
    String body = pem.endsWith("\n") ? pem.substring(0, pem.length() - 1) : pem;
    return Arrays.asList(body.split("\n", -1));
  }

  private static X509Certificate certificate(String base64) {
    try {
      byte[] der = Base64.getDecoder().decode(base64);
      X509Certificate certificate =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(new ByteArrayInputStream(der));
      require(Arrays.equals(certificate.getEncoded(), der), "bytes beside the certificate");
      return certificate;
    } catch (IllegalArgumentException | CertificateException e) {
      throw new IllegalArgumentException(
          "PEM: not a certificate (expected: strict PEM certificates)", e);
    }
  }

  private static void require(boolean condition, String problem) {
    if (!condition) {
      throw new IllegalArgumentException(
          "PEM: " + problem + " (expected: strict PEM certificates)");
    }
  }
}
