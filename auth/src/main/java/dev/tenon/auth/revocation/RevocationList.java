package dev.tenon.auth.revocation;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.CertificateRule;
import dev.tenon.auth.NotAuthenticatedException.Why;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.core.PluginName;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A file with a certificate revocation list (RFC 5280, section 5) of an authority that the host
 * trusts, in PEM or DER. {@link #next()} reads it again; a list that is not good never takes the
 * place of one that was. Thread-safe; who asks takes no lock.
 *
 * <p>A list that has grown old, because its next update never came, goes on to refuse what it
 * names.
 */
public final class RevocationList implements CertificateRule {
  /** Largest file: some 200,000 entries. */
  static final int MAX_BYTES = 8 * 1024 * 1024;

  /** The bit of keyUsage that a signer of lists has (RFC 5280, sections 4.2.1.3 and 6.3.3). */
  private static final int CRL_SIGN = 6;

  /** Digests that are no longer good for a signature. */
  private static final Set<String> WEAK = Set.of("MD2", "MD5", "SHA1");

  /** Delta lists, and lists for a part of the certificates (RFC 5280, sections 5.2.4 and 5.2.5). */
  private static final Set<String> PARTIAL = Set.of("2.5.29.27", "2.5.29.28");

  private final Path file;
  private final Supplier<List<X509Certificate>> issuers;
  private final InstantSource clock;
  private volatile X509CRL current;

  private RevocationList(Path file, Supplier<List<X509Certificate>> issuers, InstantSource clock)
      throws ConfigException {
    this.file = requireNonNull(file, "file");
    this.issuers = requireNonNull(issuers, "issuers");
    this.clock = requireNonNull(clock, "clock");
    this.current = read();
    if (isOld()) {
      throw invalid("its next update was due at " + current.getNextUpdate(), "a current list");
    }
  }

  /**
   * Reads the list for the first time.
   *
   * @param issuers the authorities of which one must have signed it, asked at every reading
   * @throws ConfigException if it cannot be read, is not signed by one of {@code issuers}, is a
   *     part of a list, is not valid yet, or old already
   */
  public static RevocationList open(
      Path file, Supplier<List<X509Certificate>> issuers, InstantSource clock)
      throws ConfigException {
    return new RevocationList(file, issuers, clock);
  }

  /**
   * Reads the file again, and changes nothing.
   *
   * @return the list that is to take the place of the one in force; empty if it is the same
   * @throws ConfigException if it is not good, or older than the one in force
   */
  public Optional<X509CRL> next() throws ConfigException {
    X509CRL next = read();
    if (next.equals(current)) {
      return Optional.empty();
    }
    Instant inForce = current.getThisUpdate().toInstant();
    if (next.getThisUpdate().toInstant().isBefore(inForce)) {
      throw invalid("of " + next.getThisUpdate(), "not older than the list in force");
    }
    return Optional.of(next);
  }

  /** Puts {@code next}, which {@link #next()} returned, in force. For one thread at a time. */
  public void adopt(X509CRL next) {
    current = requireNonNull(next, "next");
  }

  @Override
  public Optional<Why> refusal(PluginName plugin, X509Certificate leaf) {
    return isRevoked(leaf) ? Optional.of(Why.REVOKED) : Optional.empty();
  }

  /** Returns whether the list names {@code certificate}, by its issuer and serial number. */
  public boolean isRevoked(X509Certificate certificate) {
    return current.isRevoked(certificate);
  }

  /** Returns whether the next update was due and did not come. */
  public boolean isOld() {
    Date next = current.getNextUpdate();
    return next != null && next.toInstant().isBefore(clock.instant());
  }

  private X509CRL read() throws ConfigException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    } catch (IOException e) {
      throw new ConfigException(
          ConfigException.Kind.UNREADABLE,
          List.of(file + ": cannot be read (expected: a certificate revocation list)"));
    }
    if (bytes.length > MAX_BYTES) {
      throw invalid("more than 8 MiB", "at most 8 MiB");
    }
    X509CRL parsed = parse(bytes);
    requireWhole(parsed);
    requireSigned(parsed);
    Instant from = parsed.getThisUpdate().toInstant();
    if (from.isAfter(clock.instant())) {
      throw invalid("of " + from, "not of the future");
    }
    return parsed;
  }

  private X509CRL parse(byte[] bytes) throws ConfigException {
    try {
      X509CRL parsed =
          (X509CRL)
              CertificateFactory.getInstance("X.509").generateCRL(new ByteArrayInputStream(bytes));
      if (parsed != null) {
        return parsed;
      }
    } catch (GeneralSecurityException | RuntimeException e) {
      // Said below, without what the file has.
    }
    throw invalid("not a list", "a certificate revocation list in PEM or DER");
  }

  private void requireWhole(X509CRL parsed) throws ConfigException {
    Set<String> critical = parsed.getCriticalExtensionOIDs();
    boolean isPartial = critical != null && critical.stream().anyMatch(PARTIAL::contains);
    if (isPartial || parsed.hasUnsupportedCriticalExtension()) {
      throw invalid("critical extensions " + critical, "a whole list of one authority");
    }
  }

  private void requireSigned(X509CRL parsed) throws ConfigException {
    String algorithm = parsed.getSigAlgName();
    if (WEAK.stream().anyMatch(algorithm::startsWith)) {
      throw invalid("signed with " + algorithm, "SHA-256 or better");
    }
    for (X509Certificate issuer : issuers.get()) {
      if (issuer.getSubjectX500Principal().equals(parsed.getIssuerX500Principal())
          && isSignedBy(parsed, issuer)) {
        boolean[] usage = issuer.getKeyUsage();
        if (usage == null || usage[CRL_SIGN]) {
          return;
        }
        throw invalid(
            "signed by an authority that may not sign lists", "keyUsage with cRLSign in it");
      }
    }
    throw invalid("not signed by the plugins' authority", "a list that it signed");
  }

  private static boolean isSignedBy(X509CRL parsed, X509Certificate issuer) {
    try {
      parsed.verify(issuer.getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private ConfigException invalid(String problem, String expected) {
    return new ConfigException(
        ConfigException.Kind.INVALID,
        List.of(file + ": " + problem + " (expected: " + expected + ")"));
  }
}
