package dev.tenon.auth.issue;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.SpiffeId;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * An issuer that another one can succeed while it is used. In between both are trusted: first the
 * next one is trusted beside it, then certificates come from the next one, and last the old one is
 * trusted no more. Thread-safe.
 */
public final class RollingIssuer implements Issuer {
  /*
   * `stage` is one immutable snapshot, written under `this` and read without it: no reader sees the
   * issuer of one stage with the trust of another. No issuer is called while `this` is held.
   */
  private volatile Stage stage;

  /** Who issues, and who is trusted beside it: its successor or its predecessor. */
  private record Stage(Issuer issuing, Optional<Issuer> beside) {}

  /** Makes an issuer that begins with {@code first}. */
  public RollingIssuer(Issuer first) {
    stage = new Stage(requireNonNull(first, "first"), Optional.empty());
  }

  /**
   * Trusts {@code next} beside the current issuer, which issues on.
   *
   * @throws IllegalStateException if two are trusted already
   */
  public synchronized void trust(Issuer next) {
    requireNonNull(next, "next");
    if (stage.beside().isPresent()) {
      throw new IllegalStateException("issuer: a succession is under way (expected: none)");
    }
    stage = new Stage(stage.issuing(), Optional.of(next));
  }

  /**
   * Issues from the issuer that is trusted beside the current one; both stay trusted.
   *
   * @throws IllegalStateException if there is only one
   */
  public synchronized void move() {
    Issuer next =
        stage
            .beside()
            .orElseThrow(
                () -> new IllegalStateException("issuer: alone (expected: one beside it)"));
    stage = new Stage(next, Optional.of(stage.issuing()));
  }

  /** Trusts the issuer that issues now and no other. Idempotent. */
  public synchronized void settle() {
    stage = new Stage(stage.issuing(), Optional.empty());
  }

  @Override
  public List<X509Certificate> issue(SpiffeId id, PublicKey key) throws IssueFailedException {
    return stage.issuing().issue(id, key);
  }

  @Override
  public List<X509Certificate> issue(SpiffeId id, PublicKey key, byte[] request)
      throws IssueFailedException {
    return stage.issuing().issue(id, key, request);
  }

  /** Returns the roots of all that are trusted, those of the issuing one first. */
  @Override
  public List<X509Certificate> trustBundle() {
    Stage now = stage;
    return Stream.concat(
            now.issuing().trustBundle().stream(),
            now.beside().stream().flatMap(other -> other.trustBundle().stream()))
        .distinct()
        .toList();
  }
}
