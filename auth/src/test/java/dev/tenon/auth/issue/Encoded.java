package dev.tenon.auth.issue;

import java.math.BigInteger;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.security.NoSuchProviderException;
import java.security.Principal;
import java.security.PublicKey;
import java.security.SignatureException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.util.Date;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A certificate that says what {@code shown} says, and is sent as other bytes. */
final class Encoded extends X509Certificate {
  private static final long serialVersionUID = 1;

  private final transient X509Certificate shown;
  private final byte[] der;

  Encoded(X509Certificate shown, byte[] der) {
    this.shown = shown;
    this.der = der.clone();
  }

  @Override
  public byte[] getEncoded() {
    return der.clone();
  }

  @Override
  public void checkValidity() throws CertificateExpiredException, CertificateNotYetValidException {
    shown.checkValidity();
  }

  @Override
  public void checkValidity(Date date)
      throws CertificateExpiredException, CertificateNotYetValidException {
    shown.checkValidity(date);
  }

  @Override
  public int getVersion() {
    return shown.getVersion();
  }

  @Override
  public BigInteger getSerialNumber() {
    return shown.getSerialNumber();
  }

  @Override
  @SuppressWarnings("deprecation") // abstract in its parent
  public Principal getIssuerDN() {
    return shown.getIssuerDN();
  }

  @Override
  @SuppressWarnings("deprecation") // abstract in its parent
  public Principal getSubjectDN() {
    return shown.getSubjectDN();
  }

  @Override
  public Date getNotBefore() {
    return shown.getNotBefore();
  }

  @Override
  public Date getNotAfter() {
    return shown.getNotAfter();
  }

  @Override
  public byte[] getTBSCertificate() throws CertificateEncodingException {
    return shown.getTBSCertificate();
  }

  @Override
  public byte[] getSignature() {
    return shown.getSignature();
  }

  @Override
  public String getSigAlgName() {
    return shown.getSigAlgName();
  }

  @Override
  public String getSigAlgOID() {
    return shown.getSigAlgOID();
  }

  @Override
  public byte @Nullable [] getSigAlgParams() {
    return shown.getSigAlgParams();
  }

  @Override
  public boolean @Nullable [] getIssuerUniqueID() {
    return shown.getIssuerUniqueID();
  }

  @Override
  public boolean @Nullable [] getSubjectUniqueID() {
    return shown.getSubjectUniqueID();
  }

  @Override
  public boolean @Nullable [] getKeyUsage() {
    return shown.getKeyUsage();
  }

  @Override
  public int getBasicConstraints() {
    return shown.getBasicConstraints();
  }

  @Override
  public void verify(PublicKey key)
      throws CertificateException,
          NoSuchAlgorithmException,
          InvalidKeyException,
          NoSuchProviderException,
          SignatureException {
    shown.verify(key);
  }

  @Override
  public void verify(PublicKey key, String provider)
      throws CertificateException,
          NoSuchAlgorithmException,
          InvalidKeyException,
          NoSuchProviderException,
          SignatureException {
    shown.verify(key, provider);
  }

  @Override
  public String toString() {
    return "Encoded[" + shown.getSerialNumber() + "]";
  }

  @Override
  public PublicKey getPublicKey() {
    return shown.getPublicKey();
  }

  @Override
  public boolean hasUnsupportedCriticalExtension() {
    return shown.hasUnsupportedCriticalExtension();
  }

  @Override
  public @Nullable Set<String> getCriticalExtensionOIDs() {
    return shown.getCriticalExtensionOIDs();
  }

  @Override
  public @Nullable Set<String> getNonCriticalExtensionOIDs() {
    return shown.getNonCriticalExtensionOIDs();
  }

  @Override
  public byte @Nullable [] getExtensionValue(String oid) {
    return shown.getExtensionValue(oid);
  }
}
