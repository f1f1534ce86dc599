package dev.tenon.testing;

import dev.tenon.auth.issue.IssueFailedException;
import dev.tenon.auth.issue.Issuer;
import dev.tenon.core.SpiffeId;
import java.math.BigInteger;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.util.List;

/** An authority that tells the serial number of what it issued last. */
final class SerialNumbers implements Issuer {
  private final Issuer issuer;
  private volatile BigInteger last = BigInteger.ONE;

  SerialNumbers(Issuer issuer) {
    this.issuer = issuer;
  }

  BigInteger last() {
    return last;
  }

  @Override
  public List<X509Certificate> issue(SpiffeId id, PublicKey key) throws IssueFailedException {
    List<X509Certificate> chain = issuer.issue(id, key);
    last = chain.get(0).getSerialNumber();
    return chain;
  }

  @Override
  public List<X509Certificate> trustBundle() {
    return issuer.trustBundle();
  }
}
