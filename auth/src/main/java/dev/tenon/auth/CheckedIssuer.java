package dev.tenon.auth;

import dev.tenon.core.SpiffeId;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;

/** Stub. */
public final class CheckedIssuer implements Issuer {
  private final Issuer issuer;

  /** Stub. */
  public CheckedIssuer(Issuer issuer, InstantSource clock) {
    this.issuer = issuer;
  }

  @Override
  public List<X509Certificate> issue(SpiffeId id, PublicKey key) throws IssueFailedException {
    return issuer.issue(id, key);
  }

  @Override
  public List<X509Certificate> trustBundle() {
    return issuer.trustBundle();
  }
}
