package dev.tenon.auth;

import static dev.tenon.auth.NotAuthenticatedException.Why.EXPIRED;
import static dev.tenon.auth.NotAuthenticatedException.Why.FOREIGN;
import static dev.tenon.auth.NotAuthenticatedException.Why.REVOKED;
import static dev.tenon.auth.NotAuthenticatedException.Why.UNKNOWN;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Objects.requireNonNull;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.tenon.auth.Lineage.Generation;
import dev.tenon.core.InvalidRequestException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.Token;
import java.security.PublicKey;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;

/**
 * The keys and runtime tokens of every live run, as digests. Thread-safe.
 *
 * <p>A run has one key and one token. A renewal gives it a successor, which may have the same key;
 * for a grace period both keys and both tokens are good, in any combination. A renewal over the
 * successor's key ends grace early.
 */
public final class Lineages {
  /** How long a runtime token lives in a host; renewed at half life. */
  public static final Duration DEFAULT_TOKEN_LIFE = Duration.ofHours(1);

  /** How long a key and a token work on beside their successor. */
  public static final Duration DEFAULT_GRACE = Duration.ofMinutes(5);

  private static final int REVOKED_REMEMBERED = 1024;

  /*
   * Each run has one immutable Lineage in `lineages`. Readers take no lock: they load it once and
   * work on what they loaded. Writers build the next one and publish it by compare-and-set, after
   * the token was minted.
   *
   * `owners` and `revoked` serve the audit log alone; nothing is allowed because of them. A token's
   * digest is in `owners` before its lineage is published and leaves with it, so at most two digests
   * of a run stay there. `unshown` allows nothing either; a run is in it before its lineage is
   * published, and leaves when a connection shows a live key of that lineage.
   */
  private final ConcurrentMap<RuntimeId, Lineage> lineages = new ConcurrentHashMap<>();
  private final ConcurrentMap<Digest, RuntimeId> owners = new ConcurrentHashMap<>();
  private final Set<RuntimeId> unshown = ConcurrentHashMap.newKeySet();
  private final Cache<RuntimeId, Boolean> revoked =
      Caffeine.newBuilder().maximumSize(REVOKED_REMEMBERED).executor(Runnable::run).build();

  private final TokenMint mint;
  private final Clocks clocks;
  private final Duration tokenLife;
  private final Duration grace;
  private final Lineage nobody;

  /**
   * Makes an empty set of lineages.
   *
   * @throws IllegalArgumentException if {@code tokenLife} or {@code grace} is not positive or
   *     longer than 24 h
   */
  public Lineages(TokenMint mint, InstantSource clock, Duration tokenLife, Duration grace) {
    this(mint, clock, System::nanoTime, tokenLife, grace);
  }

  /** Makes the same with a monotonic clock of the caller's. */
  Lineages(
      TokenMint mint, InstantSource clock, LongSupplier nanos, Duration tokenLife, Duration grace) {
    this(mint, new Clocks(clock, nanos), tokenLife, grace);
  }

  /** Makes the same with both clocks of the caller's, and their tolerance. */
  public Lineages(TokenMint mint, Clocks clocks, Duration tokenLife, Duration grace) {
    this.mint = requireNonNull(mint, "mint");
    this.clocks = requireNonNull(clocks, "clocks");
    this.tokenLife = Clocks.requireLife(tokenLife, "runtime token life");
    this.grace = Clocks.requireLife(grace, "renewal grace");
    this.nobody = Lineage.of(new Generation(Digest.NONE, Digest.NONE, clocks.after(tokenLife)));
  }

  /**
   * Begins the lineage of {@code plugin} with {@code key}, and returns its first token.
   *
   * @throws RandomSourceFailedException if none can be minted; nothing is stored then
   * @throws IllegalStateException if the run has a lineage
   */
  public Issued open(RuntimeId plugin, PublicKey key) throws RandomSourceFailedException {
    requireNonNull(plugin, "plugin");
    Digest keyDigest = Digest.of(key);
    Token token = mint.mint(Token.Kind.RUNTIME);
    Generation first = generation(keyDigest, token);
    owners.put(first.token(), plugin);
    unshown.add(plugin);
    if (lineages.putIfAbsent(plugin, Lineage.of(first)) != null) {
      owners.remove(first.token());
      throw new IllegalStateException(
          "lineage of " + plugin + ": open (expected: none, or revoked before)");
    }
    revoked.invalidate(plugin);
    return new Issued(token, first.tokenExpiry().wall());
  }

  /**
   * Begins the living lineage of {@code plugin} anew with {@code key}, and returns its first token.
   * All keys and tokens that the run had are useless at once, without grace: whoever asks has shown
   * a fresh enrolment token, and has lost what it had.
   *
   * @throws NotAuthenticatedException if the run has no lineage, for one because it was revoked
   * @throws InvalidRequestException if {@code key} is a live key of the run; nothing changes then
   * @throws RandomSourceFailedException if no token can be minted; nothing changes then
   */
  public Issued reopen(RuntimeId plugin, PublicKey key)
      throws NotAuthenticatedException, InvalidRequestException, RandomSourceFailedException {
    requireNonNull(plugin, "plugin");
    Digest keyDigest = Digest.of(key);
    Token token = mint.mint(Token.Kind.RUNTIME);
    Generation first = generation(keyDigest, token);
    while (true) {
      Lineage before = lineages.get(plugin);
      if (before == null) {
        throw refusal(plugin);
      }
      if (before.hasKey(keyDigest)) {
        throw new InvalidRequestException(
            "certificate_request: a key that the run has (expected: a new key)");
      }
      unshown.add(plugin);
      if (replace(plugin, before, Lineage.of(first), first)) {
        return new Issued(token, first.tokenExpiry().wall());
      }
    }
  }

  private Generation generation(Digest key, Token token) {
    return new Generation(key, Digest.of(token), clocks.after(tokenLife));
  }

  /**
   * Verifies that {@code presented} is a live token of {@code plugin}. Takes no lock, compares
   * digests in constant time, and compares as much for a run that nobody knows.
   *
   * @throws NotAuthenticatedException if it is not
   */
  public void verify(RuntimeId plugin, String presented) throws NotAuthenticatedException {
    verify(plugin, presented.getBytes(ISO_8859_1));
  }

  /** As {@link #verify(RuntimeId, String)}, of a text in ISO-8859-1. */
  public void verify(RuntimeId plugin, byte[] presented) throws NotAuthenticatedException {
    requireNonNull(plugin, "plugin");
    Digest digest = Presented.digest(Token.Kind.RUNTIME, presented);
    Generation found = lineages.getOrDefault(plugin, nobody).now().withToken(digest);
    if (found == null) {
      throw refusal(plugin, digest);
    }
    if (found.tokenExpiry().isOver()) {
      throw new NotAuthenticatedException(EXPIRED);
    }
  }

  private NotAuthenticatedException refusal(RuntimeId plugin, Digest token) {
    RuntimeId owner = owners.get(token);
    if (owner == null) {
      return refusal(plugin);
    }
    return owner.equals(plugin)
        ? new NotAuthenticatedException(EXPIRED)
        : new NotAuthenticatedException(FOREIGN, owner);
  }

  private NotAuthenticatedException refusal(RuntimeId plugin) {
    return new NotAuthenticatedException(revoked.getIfPresent(plugin) == null ? UNKNOWN : REVOKED);
  }

  /**
   * Verifies that {@code key}, which a connection proved to hold, is a live key of {@code plugin}.
   *
   * @throws NotAuthenticatedException if it is not
   */
  public void verifyKey(RuntimeId plugin, PublicKey key) throws NotAuthenticatedException {
    requireNonNull(plugin, "plugin");
    Digest digest = Digest.of(key);
    Lineage lineage = lineages.getOrDefault(plugin, nobody);
    if (!lineage.now().hasKey(digest)) {
      throw keyRefusal(plugin, lineage, digest);
    }
    unshown.remove(plugin);
  }

  /**
   * Returns whether {@code plugin} has enrolled, for the first time or again, and no connection has
   * shown the key since: perhaps it never got the answer, and holds nothing.
   */
  public boolean isUnshown(RuntimeId plugin) {
    return unshown.contains(plugin);
  }

  private NotAuthenticatedException keyRefusal(RuntimeId plugin, Lineage lineage, Digest key) {
    return lineage.hasKey(key) ? new NotAuthenticatedException(EXPIRED) : refusal(plugin);
  }

  /**
   * Gives {@code plugin} a successor with {@code newKey}, which may be the key it has, and returns
   * the successor's token. No token is asked for: {@code connectionKey}, which the connection
   * proved to hold, is the authentication.
   *
   * <p>While a successor is pending, its own key brings its token anew, and any other key over the
   * old one means that the old one is in two hands: the lineage is revoked.
   *
   * @throws NotAuthenticatedException if {@code connectionKey} is not a live key of the run, or for
   *     {@link NotAuthenticatedException.Why#REVOKED} if the lineage is, now or before
   * @throws RandomSourceFailedException if no token can be minted; nothing changes then
   */
  public Issued renew(RuntimeId plugin, PublicKey connectionKey, PublicKey newKey)
      throws NotAuthenticatedException, RandomSourceFailedException {
    requireNonNull(plugin, "plugin");
    Digest connection = Digest.of(connectionKey);
    Digest asked = Digest.of(newKey);
    while (true) {
      Lineage before = lineages.getOrDefault(plugin, nobody);
      Lineage now = before.now();
      Lineage.Renewal renewal = now.judge(connection, asked);
      switch (renewal) {
        case STRANGER -> throw keyRefusal(plugin, before, connection);
        case FORK -> {
          if (end(plugin, before)) {
            throw new NotAuthenticatedException(REVOKED);
          }
        }
        case SUCCESSION, RETRY -> {
          Token token = mint.mint(Token.Kind.RUNTIME);
          Generation next = generation(asked, token);
          Lineage after =
              renewal == Lineage.Renewal.RETRY
                  ? now.retriedWith(next)
                  : now.succeededBy(next, clocks.after(grace));
          if (replace(plugin, before, after, next)) {
            return new Issued(token, next.tokenExpiry().wall());
          }
        }
      }
    }
  }

  private boolean replace(RuntimeId plugin, Lineage before, Lineage after, Generation added) {
    owners.put(added.token(), plugin);
    if (!lineages.replace(plugin, before, after)) {
      owners.remove(added.token());
      return false;
    }
    before.tokens().stream()
        .filter(token -> !after.tokens().contains(token))
        .forEach(owners::remove);
    return true;
  }

  /**
   * Ends the lineage of {@code plugin}: all its keys and tokens are useless at once. Idempotent.
   */
  public void revoke(RuntimeId plugin) {
    requireNonNull(plugin, "plugin");
    Lineage lineage;
    do {
      lineage = lineages.get(plugin);
    } while (lineage != null && !end(plugin, lineage));
  }

  private boolean end(RuntimeId plugin, Lineage lineage) {
    if (!lineages.remove(plugin, lineage)) {
      return false;
    }
    unshown.remove(plugin);
    revoked.put(plugin, true);
    lineage.tokens().forEach(owners::remove);
    return true;
  }

  /** Returns how many runs have a lineage; what changes meanwhile may or may not be counted. */
  public int live() {
    return lineages.size();
  }

  /** Returns how many tokens are held, as digests. */
  int tokens() {
    return owners.size();
  }
}
