package dev.tenon.auth;

import static dev.tenon.auth.NotAuthenticatedException.Why.EXPIRED;
import static dev.tenon.auth.NotAuthenticatedException.Why.FOREIGN;
import static dev.tenon.auth.NotAuthenticatedException.Why.UNKNOWN;
import static java.util.Objects.requireNonNull;

import dev.tenon.core.RuntimeId;
import dev.tenon.core.Token;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.function.LongSupplier;

/**
 * The enrolment tokens that are out or were redeemed, as digests. Each is good for one redemption,
 * by the run that it was issued to. Thread-safe.
 */
public final class EnrolmentTokens {
  /** How long a plugin has to enrol. */
  public static final Duration DEFAULT_LIFE = Duration.ofSeconds(30);

  /** Most tokens of one run that are out at one time; a host has one or two out. */
  static final int MAX_OUT_OF_RUN = 16;

  /** Most tokens of all runs that are out at one time. */
  static final int MAX_OUT = 100_000;

  /** Spent tokens remembered for each run; an older one is as good as never issued. */
  static final int MAX_SPENT = 16;

  /*
   * `lock` guards the four maps. Nothing is called out to while it is held, the clocks excepted;
   * tokens are minted and digests computed before.
   *
   * A token is unspent, spent or forgotten. `unspent` is in order of issue, which is the order of
   * expiry: each issue, and the clean-up, forgets what is over from its head; `outOfRun` counts it
   * for each run. `spent` holds at most MAX_SPENT tokens of
   * a run, in `spentByRun` in the order in which they were spent, until the run is withdrawn.
   */
  private final Object lock = new Object();
  private final Map<Digest, Unspent> unspent = new LinkedHashMap<>();
  private final Map<RuntimeId, Integer> outOfRun = new HashMap<>();
  private final Map<Digest, RuntimeId> spent = new HashMap<>();
  private final Map<RuntimeId, Queue<Digest>> spentByRun = new HashMap<>();

  private final TokenMint mint;
  private final Clocks clocks;
  private final Duration life;

  /**
   * Makes an empty set of tokens, each of which lives for {@code life}.
   *
   * @throws IllegalArgumentException if {@code life} is not positive or longer than 24 h
   */
  public EnrolmentTokens(TokenMint mint, InstantSource clock, Duration life) {
    this(mint, clock, System::nanoTime, life);
  }

  /** Makes the same with a monotonic clock of the caller's. */
  EnrolmentTokens(TokenMint mint, InstantSource clock, LongSupplier nanos, Duration life) {
    this.mint = requireNonNull(mint, "mint");
    this.clocks = new Clocks(clock, nanos);
    this.life = Clocks.requireLife(life, "enrolment token life");
  }

  /** Has expired tokens forgotten by {@code timer}, soon after they expire. */
  public void cleanUpWith(CleanUp timer) {
    timer.every(life, this::cleanUp);
  }

  /** Forgets what has expired. */
  public void cleanUp() {
    synchronized (lock) {
      forgetExpired();
    }
  }

  /**
   * Returns a fresh token for {@code plugin}. Earlier ones stay as good as they were.
   *
   * @throws RandomSourceFailedException if none can be minted; nothing is stored then
   * @throws IllegalStateException if {@link #MAX_OUT_OF_RUN} tokens of the run are out, or {@link
   *     #MAX_OUT} of all; none that lives makes room
   */
  public Issued issue(RuntimeId plugin) throws RandomSourceFailedException {
    requireNonNull(plugin, "plugin");
    Token token = mint.mint(Token.Kind.ENROLMENT);
    Digest digest = Digest.of(token);
    Expiry expiry = clocks.after(life);
    synchronized (lock) {
      forgetExpired();
      int out = outOfRun.getOrDefault(plugin, 0);
      if (out >= MAX_OUT_OF_RUN || unspent.size() >= MAX_OUT) {
        throw new IllegalStateException(
            "enrolment tokens out: " + out + " of " + plugin + ", " + unspent.size() + " in total");
      }
      unspent.put(digest, new Unspent(plugin, expiry));
      outOfRun.merge(plugin, 1, Integer::sum);
    }
    return new Issued(token, expiry.wall());
  }

  private void forgetExpired() {
    Iterator<Unspent> oldestFirst = unspent.values().iterator();
    while (oldestFirst.hasNext()) {
      Unspent oldest = oldestFirst.next();
      if (!oldest.expiry().isOver()) {
        return;
      }
      oldestFirst.remove();
      uncount(oldest.plugin());
    }
  }

  private void uncount(RuntimeId plugin) {
    outOfRun.computeIfPresent(plugin, (run, out) -> out == 1 ? null : out - 1);
  }

  private void forgetUnspent(RuntimeId plugin) {
    unspent.values().removeIf(token -> token.plugin().equals(plugin));
    outOfRun.remove(plugin);
  }

  /**
   * Returns whether {@code presented} was issued and is remembered, spent or not; spends nothing.
   */
  public boolean isIssued(String presented) {
    Digest digest;
    try {
      digest = Presented.digest(Token.Kind.ENROLMENT, presented);
    } catch (NotAuthenticatedException e) {
      return false;
    }
    synchronized (lock) {
      return unspent.containsKey(digest) || spent.containsKey(digest);
    }
  }

  /**
   * Spends the token {@code presented} for the run {@code claimed}, and forgets all others that the
   * run has. Of many attempts with the tokens of a run at one time, at most one returns.
   *
   * @throws NotAuthenticatedException if the token is missing, malformed, unknown or expired; or if
   *     it is another run's, in which case it is spent and the exception names that run
   * @throws TokenSpentException if the token was spent before; it names the token's run
   */
  public void redeem(RuntimeId claimed, String presented)
      throws NotAuthenticatedException, TokenSpentException {
    requireNonNull(claimed, "claimed");
    Digest digest = Presented.digest(Token.Kind.ENROLMENT, presented);
    synchronized (lock) {
      RuntimeId spender = spent.get(digest);
      if (spender != null) {
        throw new TokenSpentException(spender);
      }
      Unspent token = unspent.get(digest);
      if (token == null) {
        throw new NotAuthenticatedException(UNKNOWN);
      }
      if (!token.plugin().equals(claimed)) {
        spend(digest, token.plugin());
        throw new NotAuthenticatedException(FOREIGN, token.plugin());
      }
      if (token.expiry().isOver()) {
        throw new NotAuthenticatedException(EXPIRED);
      }
      spend(digest, claimed);
      // Others that it had are of no use to it, and would let whoever finds one take its place.
      forgetUnspent(claimed);
    }
  }

  private void spend(Digest digest, RuntimeId plugin) {
    if (unspent.remove(digest) != null) {
      uncount(plugin);
    }
    spent.put(digest, plugin);
    Queue<Digest> ofRun = spentByRun.computeIfAbsent(plugin, run -> new ArrayDeque<>());
    ofRun.add(digest);
    if (ofRun.size() > MAX_SPENT) {
      spent.remove(ofRun.remove());
    }
  }

  /** Forgets every token of {@code plugin}, spent or not; idempotent. To be called when it ends. */
  public void withdraw(RuntimeId plugin) {
    requireNonNull(plugin, "plugin");
    synchronized (lock) {
      forgetUnspent(plugin);
      Queue<Digest> ofRun = spentByRun.remove(plugin);
      if (ofRun != null) {
        spent.keySet().removeAll(ofRun);
      }
    }
  }

  /** Returns how many tokens are out, those that are over and not forgotten yet included. */
  public int live() {
    synchronized (lock) {
      return unspent.size();
    }
  }

  /** Returns how many digests are held, spent ones included. */
  int size() {
    synchronized (lock) {
      return unspent.size() + spent.size();
    }
  }

  private record Unspent(RuntimeId plugin, Expiry expiry) {}
}
