package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.AllowedCertificates;
import dev.tenon.auth.issue.AuthorityFiles;
import dev.tenon.auth.issue.CertificateExtension;
import dev.tenon.auth.issue.CheckedIssuer;
import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.Issuer;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.Fingerprint;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where a host's two issuing authorities come from, and how others succeed them. Immutable.
 *
 * <pre>{@code
 * PluginHost.builder()
 *     .authorities(AuthoritySettings.DEFAULT.issuer(Role.PLUGIN, adapter).overlap(Duration.ofHours(2)))
 * }</pre>
 *
 * @param files those that are files
 * @param issuers those that the embedder brings; a role without either gets an authority in memory,
 *     which goes with the process
 * @param overlap how long an authority is trusted beside its successor
 * @param watch how often the files are looked at for a successor; empty: never
 * @param revocationList the file with the revocation list of the plugins' authority; empty: none
 * @param pins the fingerprints of those certificates that may be a role's authority; a role without
 *     any may have any authority
 * @param allowed which certificates plugins may use at the start
 * @param extensions what the certificates of a role carry beside what Tenon puts in
 */
public record AuthoritySettings(
    Map<Role, AuthorityFiles> files,
    Map<Role, Issuer> issuers,
    Duration overlap,
    Optional<Duration> watch,
    Optional<Path> revocationList,
    Map<Role, Set<Fingerprint>> pins,
    AllowedCertificates allowed,
    Map<Role, CertificateExtension.Chooser> extensions) {
  /** Two authorities in memory, an overlap of an hour. */
  public static final AuthoritySettings DEFAULT =
      new AuthoritySettings(
          Map.of(),
          Map.of(),
          EmbeddedAuthority.SVID_LIFE,
          Optional.empty(),
          Optional.empty(),
          Map.of(),
          AllowedCertificates.ANY,
          Map.of());

  /**
   * Checks and copies.
   *
   * @throws IllegalArgumentException if a role has files and an issuer, a time is not positive, or
   *     something is for {@link Role#ADMIN}, whose authority is always the host's own
   */
  public AuthoritySettings {
    files = Map.copyOf(files);
    issuers = Map.copyOf(issuers);
    requireNonNull(overlap, "overlap");
    requireNonNull(watch, "watch");
    requireNonNull(revocationList, "revocationList");
    requireNonNull(allowed, "allowed");
    extensions = Map.copyOf(extensions);
    pins =
        pins.entrySet().stream()
            .collect(
                Collectors.toUnmodifiableMap(Map.Entry::getKey, of -> Set.copyOf(of.getValue())));
    if (Stream.of(files, issuers, pins, extensions).anyMatch(of -> of.containsKey(Role.ADMIN))) {
      throw new IllegalArgumentException("authority for ADMIN (expected: HOST or PLUGIN)");
    }
    for (Role role : files.keySet()) {
      if (issuers.containsKey(role)) {
        throw new IllegalArgumentException(
            "authority for " + role + ": files and an issuer (expected: one of them)");
      }
    }
    requirePositive("overlap", overlap);
    watch.ifPresent(pause -> requirePositive("watch", pause));
  }

  private static void requirePositive(String name, Duration duration) {
    if (duration.isNegative() || duration.isZero()) {
      throw new IllegalArgumentException(name + ": " + duration + " (expected: > 0)");
    }
  }

  /**
   * Returns these settings with an authority for {@code role} from {@code own}: its certificate in
   * PEM, self-signed, and its P-256 key, readable by its owner alone. {@link HostBuilder#start}
   * reads and checks both before it makes or opens anything. The two roles must have different
   * keys.
   */
  public AuthoritySettings files(Role role, AuthorityFiles own) {
    Map<Role, AuthorityFiles> all = new HashMap<>(files);
    all.put(role, own);
    return new AuthoritySettings(
        all, issuers, overlap, watch, revocationList, pins, allowed, extensions);
  }

  /**
   * Returns these settings with {@code own} as the authority for {@code role}, for one an adapter
   * to an authority elsewhere. What it issues is read again before anyone gets it.
   */
  public AuthoritySettings issuer(Role role, Issuer own) {
    Map<Role, Issuer> all = new HashMap<>(issuers);
    all.put(role, own);
    return new AuthoritySettings(
        files, all, overlap, watch, revocationList, pins, allowed, extensions);
  }

  /**
   * Returns these settings with another overlap. Plugins without Tenon's SDK may need half an hour
   * to learn of a change.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public AuthoritySettings overlap(Duration other) {
    return new AuthoritySettings(
        files, issuers, other, watch, revocationList, pins, allowed, extensions);
  }

  /**
   * Returns these settings with a look at the files every {@code pause}: a pair that has changed
   * and is good succeeds the one before it, as {@link Authorities#rollOver} does.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public AuthoritySettings watch(Duration pause) {
    return new AuthoritySettings(
        files, issuers, overlap, Optional.of(pause), revocationList, pins, allowed, extensions);
  }

  /**
   * Returns these settings with the certificate revocation list of the plugins' authority in {@code
   * file}, in PEM or DER. It must be good when the host starts, and is read again every {@value
   * HostCertificates#RELOAD_SECONDS} s; one that is not good then, or older, is not taken.
   */
  public AuthoritySettings revocationList(Path file) {
    return new AuthoritySettings(
        files, issuers, overlap, watch, Optional.of(file), pins, allowed, extensions);
  }

  /**
   * Returns these settings with {@code fingerprints} as pins of {@code role}: no other certificate
   * can be its authority, at the start, as a successor, or because an issuer says so. {@link
   * HostBuilder#start} refuses an authority that has none of them.
   *
   * @throws IllegalArgumentException if there are none
   */
  public AuthoritySettings pins(Role role, Set<Fingerprint> fingerprints) {
    if (fingerprints.isEmpty()) {
      throw new IllegalArgumentException("pins for " + role + ": none (expected: a fingerprint)");
    }
    Map<Role, Set<Fingerprint>> all = new HashMap<>(pins);
    all.put(role, fingerprints);
    return new AuthoritySettings(
        files, issuers, overlap, watch, revocationList, all, allowed, extensions);
  }

  /** Returns the pins of {@code role}; empty if it may have any authority. */
  Set<Fingerprint> pinsOf(Role role) {
    return pins.getOrDefault(role, Set.of());
  }

  /**
   * Returns these settings with lists of the certificates that plugins may use. They need an issuer
   * that was brought, since nobody knows beforehand what the others issue; {@link
   * HostCertificates#allow} replaces them while the host runs.
   */
  public AuthoritySettings allowed(AllowedCertificates lists) {
    return new AuthoritySettings(
        files, issuers, overlap, watch, revocationList, pins, lists, extensions);
  }

  /**
   * Returns these settings with extensions of the operator's in the certificates of {@code role}.
   * An authority from files or in memory puts them in; an issuer that was brought has to, and what
   * lacks one is not given to anybody.
   */
  public AuthoritySettings extensions(Role role, CertificateExtension.Chooser chooser) {
    Map<Role, CertificateExtension.Chooser> all = new HashMap<>(extensions);
    all.put(role, chooser);
    return new AuthoritySettings(
        files, issuers, overlap, watch, revocationList, pins, allowed, all);
  }

  /** Returns {@code made} as it issues for {@code role} under these settings. */
  Issuer issuing(Role role, EmbeddedAuthority made) {
    CertificateExtension.Chooser chooser = extensions.get(role);
    return chooser == null ? made : made.with(chooser);
  }

  /** Returns the check of what {@code issuer} brings for {@code role}. */
  CheckedIssuer checked(Role role, Issuer issuer, InstantSource clock) {
    return new CheckedIssuer(
        issuer,
        clock,
        pinsOf(role),
        extensions.getOrDefault(role, CertificateExtension.Chooser.NONE));
  }
}
