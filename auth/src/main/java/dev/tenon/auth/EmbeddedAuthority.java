package dev.tenon.auth;

import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;

/** Stub. */
public final class EmbeddedAuthority implements Issuer {
  private EmbeddedAuthority() {}

  /** Stub. */
  public static EmbeddedAuthority create(
      TrustDomain trustDomain, Role issuesFor, InstantSource clock, SecureRandom random) {
    return new EmbeddedAuthority();
  }

  @Override
  public List<X509Certificate> issue(SpiffeId id, PublicKey key) throws IssueFailedException {
    throw new IssueFailedException("stub");
  }

  @Override
  public List<X509Certificate> trustBundle() {
    return List.of();
  }
}
