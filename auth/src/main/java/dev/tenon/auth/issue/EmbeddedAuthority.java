package dev.tenon.auth.issue;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.RandomSource;
import dev.tenon.auth.RandomSourceFailedException;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * An issuer whose P-256 key is in this process: made in memory, to go with it, or read from a file.
 * It issues for one role within one trust domain. Thread-safe.
 */
public final class EmbeddedAuthority implements Issuer {
  /** How long an SVID is valid; renewed at half of it. */
  public static final Duration SVID_LIFE = Duration.ofHours(1);

  /** How far before its issue a certificate begins, for peers whose clocks are late. */
  public static final Duration CLOCK_SKEW = Duration.ofMinutes(1);

  /** How long the authority's own certificate is valid: longer than any process runs. */
  private static final Duration OWN_LIFE = Duration.ofDays(3650);

  private static final int SERIAL_BYTES = 16;

  private final TrustDomain trustDomain;
  private final Role role;
  private final InstantSource clock;
  private final SecureRandom random;
  private final RandomSource source;
  private final PrivateKey key;
  private final X500Name name;
  private final byte[] keyIdentifier;
  private final X509Certificate own;

  private EmbeddedAuthority(
      TrustDomain trustDomain, Role role, Duration life, InstantSource clock, SecureRandom random)
      throws GeneralSecurityException, IOException, RandomSourceFailedException {
    this.trustDomain = requireNonNull(trustDomain, "trustDomain");
    this.role = requireNonNull(role, "issuesFor");
    this.clock = requireNonNull(clock, "clock");
    this.random = requireNonNull(random, "random");
    this.source = new RandomSource(random);
    BigInteger serial = serial();
    KeyPair keys = P256.newKeyPair(random);
    source.draw(); // a generator that got stuck at the key shows itself here
    this.key = keys.getPrivate();
    this.name = new X500Name("CN=Tenon " + role.name().toLowerCase(Locale.ROOT) + " authority");
    this.keyIdentifier =
        new JcaX509ExtensionUtils().createSubjectKeyIdentifier(keys.getPublic()).getKeyIdentifier();
    this.own = certifySelf(serial, keys.getPublic(), life);
  }

  private EmbeddedAuthority(
      TrustDomain trustDomain,
      Role role,
      AuthorityFiles.Read read,
      InstantSource clock,
      SecureRandom random)
      throws GeneralSecurityException, IOException {
    this.trustDomain = requireNonNull(trustDomain, "trustDomain");
    this.role = requireNonNull(role, "issuesFor");
    this.clock = requireNonNull(clock, "clock");
    this.random = requireNonNull(random, "random");
    this.source = new RandomSource(random);
    this.key = read.key();
    this.own = read.certificate();
    this.name = X500Name.getInstance(own.getSubjectX500Principal().getEncoded());
    byte[] identifier = own.getExtensionValue(Extension.subjectKeyIdentifier.getId());
    this.keyIdentifier =
        identifier == null
            ? new JcaX509ExtensionUtils()
                .createSubjectKeyIdentifier(own.getPublicKey())
                .getKeyIdentifier()
            : SubjectKeyIdentifier.getInstance(
                    JcaX509ExtensionUtils.parseExtensionValue(identifier))
                .getKeyIdentifier();
  }

  /**
   * Returns an authority with a key of its own that issues for {@code issuesFor}.
   *
   * @throws IllegalStateException if it cannot be made, for one because {@code random} fails
   */
  public static EmbeddedAuthority create(
      TrustDomain trustDomain, Role issuesFor, InstantSource clock, SecureRandom random) {
    return create(trustDomain, issuesFor, OWN_LIFE, clock, random);
  }

  /** Returns the same with a certificate of its own that is valid for {@code life}. */
  static EmbeddedAuthority create(
      TrustDomain trustDomain,
      Role issuesFor,
      Duration life,
      InstantSource clock,
      SecureRandom random) {
    try {
      return new EmbeddedAuthority(trustDomain, issuesFor, life, clock, random);
    } catch (GeneralSecurityException | IOException | RandomSourceFailedException e) {
      throw new IllegalStateException("authority for " + issuesFor + ": not made", e);
    }
  }

  /**
   * Returns the authority of {@code files} that issues for {@code issuesFor}. What it issues ends
   * with its own certificate at the latest.
   *
   * @throws ConfigException if a file cannot be read, is not what it should be, or does not fit the
   *     other; it names the file and what was expected
   */
  public static EmbeddedAuthority load(
      TrustDomain trustDomain,
      Role issuesFor,
      AuthorityFiles files,
      InstantSource clock,
      SecureRandom random)
      throws ConfigException {
    AuthorityFiles.Read read = files.read(clock.instant());
    try {
      return new EmbeddedAuthority(trustDomain, issuesFor, read, clock, random);
    } catch (GeneralSecurityException | IOException | RuntimeException e) {
      throw PemFile.invalid(
          files.certificate(), "has a malformed extension", "an authority's certificate");
    }
  }

  private X509Certificate certifySelf(BigInteger serial, PublicKey own, Duration life)
      throws GeneralSecurityException, IOException {
    Instant now = clock.instant();
    X509v3CertificateBuilder builder = builder(name, serial, now, now.plus(life), own);
    builder.addExtension(
        Extension.basicConstraints, /* isCritical= */ true, new BasicConstraints(0));
    builder.addExtension(
        Extension.keyUsage,
        /* isCritical= */ true,
        new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign)); // X509-SVID, section 4.3
    // X509-SVID, section 4.1: a signing certificate's SPIFFE ID has no path.
    GeneralName id =
        new GeneralName(GeneralName.uniformResourceIdentifier, "spiffe://" + trustDomain);
    builder.addExtension(
        Extension.subjectAlternativeName, /* isCritical= */ false, new GeneralNames(id));
    return sign(builder);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IssueFailedException if {@code id} is not of this authority's role and trust domain,
   *     {@code key} is not on P-256, or the random source fails
   */
  @Override
  public List<X509Certificate> issue(SpiffeId id, PublicKey key) throws IssueFailedException {
    return issue(id, key, List.of());
  }

  private List<X509Certificate> issue(
      SpiffeId id, PublicKey key, List<CertificateExtension> extensions)
      throws IssueFailedException {
    requireNonNull(id, "id");
    requireNonNull(key, "key");
    if (Role.of(id) != role || !id.trustDomain().equals(trustDomain)) {
      throw new IssueFailedException(
          "id: " + id + " (expected: a " + role + " of " + trustDomain + ")");
    }
    if (!P256.isKey(key)) {
      throw new IssueFailedException("key of " + id + " (expected: EC on P-256)");
    }
    Instant now = clock.instant();
    try {
      return List.of(certify(id, key, now, extensions));
    } catch (GeneralSecurityException
        | IOException
        | RuntimeException
        | RandomSourceFailedException e) {
      throw new IssueFailedException("certificate of " + id + ": not issued", e);
    }
  }

  private X509Certificate certify(
      SpiffeId id, PublicKey key, Instant now, List<CertificateExtension> extensions)
      throws GeneralSecurityException, IOException, RandomSourceFailedException {
    // The subject names nobody: the one identity is the URI.
    X500Name subject = new X500Name("CN=Tenon " + role.name().toLowerCase(Locale.ROOT));
    Instant end = now.plus(SVID_LIFE);
    Instant ownEnd = own.getNotAfter().toInstant();
    X509v3CertificateBuilder builder =
        builder(subject, serial(), now, end.isAfter(ownEnd) ? ownEnd : end, key);
    builder.addExtension(
        Extension.basicConstraints, /* isCritical= */ true, new BasicConstraints(false));
    builder.addExtension(
        Extension.keyUsage, /* isCritical= */ true, new KeyUsage(KeyUsage.digitalSignature));
    builder.addExtension(
        Extension.extendedKeyUsage,
        /* isCritical= */ false,
        new ExtendedKeyUsage(
            new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
    builder.addExtension(
        Extension.subjectAlternativeName,
        /* isCritical= */ false,
        new GeneralNames(
            new GeneralName[] {
              new GeneralName(GeneralName.uniformResourceIdentifier, id.toString()),
              new GeneralName(GeneralName.dNSName, role.dnsName())
            }));
    for (CertificateExtension extension : extensions) {
      builder.addExtension(
          new ASN1ObjectIdentifier(extension.oid()), /* isCritical= */ false, extension.value());
    }
    return sign(builder);
  }

  private X509v3CertificateBuilder builder(
      X500Name subject, BigInteger serial, Instant now, Instant notAfter, PublicKey key)
      throws GeneralSecurityException, IOException {
    X509v3CertificateBuilder builder =
        new X509v3CertificateBuilder(
            name,
            serial,
            Date.from(now.minus(CLOCK_SKEW)),
            Date.from(notAfter),
            subject,
            SubjectPublicKeyInfo.getInstance(key.getEncoded()));
    JcaX509ExtensionUtils identifiers = new JcaX509ExtensionUtils();
    builder.addExtension(
        Extension.subjectKeyIdentifier,
        /* isCritical= */ false,
        identifiers.createSubjectKeyIdentifier(key));
    builder.addExtension(
        Extension.authorityKeyIdentifier,
        /* isCritical= */ false,
        new AuthorityKeyIdentifier(keyIdentifier));
    return builder;
  }

  private BigInteger serial() throws RandomSourceFailedException {
    return new BigInteger(1, Arrays.copyOf(source.draw(), SERIAL_BYTES));
  }

  private X509Certificate sign(X509v3CertificateBuilder builder)
      throws GeneralSecurityException, IOException {
    try {
      ContentSigner signer =
          new JcaContentSignerBuilder("SHA256withECDSA").setSecureRandom(random).build(key);
      byte[] der = builder.build(signer).getEncoded();
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der));
    } catch (OperatorCreationException e) {
      throw new GeneralSecurityException("signer", e);
    }
  }

  /** Returns this authority as one whose certificates carry what {@code chooser} chooses. */
  public Issuer with(CertificateExtension.Chooser chooser) {
    requireNonNull(chooser, "chooser");
    return new Issuer() {
      @Override
      public List<X509Certificate> issue(SpiffeId id, PublicKey key) throws IssueFailedException {
        List<CertificateExtension> extensions;
        try {
          extensions = chooser.of(id);
        } catch (RuntimeException e) {
          throw new IssueFailedException("extensions of " + id + ": not chosen", e);
        }
        return EmbeddedAuthority.this.issue(id, key, extensions);
      }

      @Override
      public List<X509Certificate> trustBundle() {
        return EmbeddedAuthority.this.trustBundle();
      }
    };
  }

  /** Returns the key, for the file that it is written to. */
  PrivateKey key() {
    return key;
  }

  @Override
  public List<X509Certificate> trustBundle() {
    return List.of(own);
  }
}
