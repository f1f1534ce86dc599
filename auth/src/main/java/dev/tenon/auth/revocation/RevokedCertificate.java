package dev.tenon.auth.revocation;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.Fingerprint;
import java.math.BigInteger;
import java.security.cert.X509Certificate;

/** What names certificates that are revoked: a serial number, or a fingerprint. */
public sealed interface RevokedCertificate {
  /** Longest serial number: 20 octets (RFC 5280, section 4.1.2.2). */
  int MAX_SERIAL_BITS = 160;

  /** Returns whether this names {@code certificate}. */
  boolean matches(X509Certificate certificate);

  /** Returns it as one line of a file and of the audit log has it. */
  String line();

  /** Every certificate with the serial number, whoever issued it. */
  record BySerial(BigInteger serial) implements RevokedCertificate {
    static final String WORD = "serial ";

    /**
     * Checks the number.
     *
     * @throws IllegalArgumentException if it is not positive, or longer than 20 octets
     */
    public BySerial {
      requireNonNull(serial, "serial");
      if (serial.signum() <= 0 || serial.bitLength() > MAX_SERIAL_BITS) {
        throw new IllegalArgumentException(
            "serial number: of " + serial.bitLength() + " bits (expected: > 0, at most 160 bits)");
      }
    }

    @Override
    public boolean matches(X509Certificate certificate) {
      return certificate.getSerialNumber().equals(serial);
    }

    @Override
    public String line() {
      return WORD + serial.toString(16);
    }
  }

  /** The one certificate with the fingerprint. */
  record ByFingerprint(Fingerprint fingerprint) implements RevokedCertificate {
    static final String WORD = "fingerprint ";

    /** Checks for null. */
    public ByFingerprint {
      requireNonNull(fingerprint, "fingerprint");
    }

    @Override
    public boolean matches(X509Certificate certificate) {
      return Fingerprint.of(certificate).equals(fingerprint);
    }

    @Override
    public String line() {
      return WORD + fingerprint.hex();
    }
  }
}
