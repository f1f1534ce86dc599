package dev.tenon.auth.grant;

import static dev.tenon.auth.grant.LiveGrant.State.DRAFT;
import static dev.tenon.auth.grant.LiveGrant.State.ENDED;
import static dev.tenon.auth.grant.LiveGrant.State.LIVE;
import static java.util.Objects.requireNonNull;

import dev.tenon.auth.CleanUp;
import dev.tenon.auth.Clocks;
import dev.tenon.auth.Digest;
import dev.tenon.auth.Issued;
import dev.tenon.auth.RandomSourceFailedException;
import dev.tenon.auth.TokenMint;
import dev.tenon.auth.grant.GrantRefusedException.Why;
import dev.tenon.core.GrantLimits;
import dev.tenon.core.Permission;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Token;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The grants that are out, their tokens as digests. Thread-safe.
 *
 * <p>A grant begins as a draft, which counts against the limits and is good for nothing, so that
 * its issue can be put on record before it takes effect. No living grant ever makes room for
 * another.
 */
public final class GrantStore {
  /** How long the token before the newest works on. */
  public static final Duration GRACE = Duration.ofMinutes(5);

  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(100);

  /*
   * Readers take no lock: they load a grant from `grants`, and its volatile secrets and state once.
   * Writers hold `lock`, which also guards `held`; every grant in `grants` is in `held` under its
   * holder and the other way round, and a grant that left both is ENDED for good. Nothing is called
   * out to while it is held, the clocks excepted: ids and tokens are minted before, and who wants
   * to know of an end is told after.
   */
  private final Object lock = new Object();
  private final ConcurrentMap<String, LiveGrant> grants = new ConcurrentHashMap<>();
  private final Map<RuntimeId, Map<String, LiveGrant>> held = new HashMap<>();

  private final TokenMint mint;
  private final Clocks clocks;
  private final GrantLimits limits;
  private final LiveGrant nobodys;
  private volatile Consumer<LiveGrant> whenEnded = grant -> {};

  /** Makes an empty store. */
  public GrantStore(TokenMint mint, Clocks clocks, GrantLimits limits) {
    this.mint = requireNonNull(mint, "mint");
    this.clocks = requireNonNull(clocks, "clocks");
    this.limits = requireNonNull(limits, "limits");
    nobodys =
        new LiveGrant(
            "",
            new RuntimeId("nobody-0000000000000000"),
            new ServiceName("nobody"),
            Set.of(),
            new GrantSecrets(Digest.NONE, clocks.after(limits.life()), /* earlier= */ null));
  }

  /** Sets what is to happen when a grant that was in use has ended: its open calls are to end. */
  public void whenEnded(Consumer<LiveGrant> action) {
    whenEnded = requireNonNull(action, "action");
  }

  /** Has expired grants forgotten by {@code timer}, soon after they expire. */
  public void cleanUpWith(CleanUp timer) {
    Duration pause = limits.life().dividedBy(4);
    pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
    timer.every(pause.compareTo(SHORTEST_PAUSE) < 0 ? SHORTEST_PAUSE : pause, this::cleanUp);
  }

  /** A grant that is not in effect yet, and the token on its way to the holder. */
  public record Draft(LiveGrant grant, Issued token) {}

  /**
   * Drafts a grant of {@code service} to {@code holder}.
   *
   * @throws GrantLimitException if there are as many as the host keeps
   * @throws RandomSourceFailedException if no id or token can be minted; nothing is stored then
   */
  public Draft draft(RuntimeId holder, ServiceName service, Set<Permission> permissions)
      throws GrantLimitException, RandomSourceFailedException {
    requireNonNull(holder, "holder");
    requireNonNull(service, "service");
    String id = mint.grantId();
    Token token = mint.mint(Token.Kind.GRANT);
    GrantSecrets secrets =
        new GrantSecrets(Digest.of(token), clocks.after(limits.life()), /* earlier= */ null);
    LiveGrant grant = new LiveGrant(id, holder, service, permissions, secrets);
    List<LiveGrant> expired = List.of();
    try {
      synchronized (lock) {
        if (isFull(holder)) {
          expired = removeIf(GrantStore::isExpired);
        }
        add(grant);
      }
    } finally {
      tell(expired);
    }
    return new Draft(grant, new Issued(token, secrets.expiry().wall()));
  }

  private boolean isFull(RuntimeId holder) {
    return grants.size() >= limits.inTotal()
        || held.getOrDefault(holder, Map.of()).size() >= limits.perRun();
  }

  private void add(LiveGrant grant) throws GrantLimitException {
    if (grants.size() >= limits.inTotal()) {
      throw new GrantLimitException("in total", limits.inTotal());
    }
    if (held.getOrDefault(grant.holder(), Map.of()).size() >= limits.perRun()) {
      throw new GrantLimitException("of " + grant.holder(), limits.perRun());
    }
    grants.put(grant.id(), grant);
    held.computeIfAbsent(grant.holder(), run -> new HashMap<>()).put(grant.id(), grant);
  }

  /**
   * Puts {@code draft} into effect.
   *
   * @throws GrantRefusedException if its holder has lost all grants since it was drafted
   */
  public void activate(Draft draft) throws GrantRefusedException {
    synchronized (lock) {
      if (draft.grant().state() != DRAFT) {
        throw new GrantRefusedException(Why.UNKNOWN);
      }
      draft.grant().state(LIVE);
    }
  }

  /**
   * Verifies that {@code presented}, an id, a space and a token, is a living grant of {@code
   * service} that {@code caller} holds. Takes no lock, compares digests in constant time, and
   * compares as much for an id that nobody knows.
   *
   * @throws GrantRefusedException if it is not
   */
  public LiveGrant verify(RuntimeId caller, ServiceName service, String presented)
      throws GrantRefusedException {
    PresentedGrant asked = PresentedGrant.parse(presented);
    LiveGrant found = grants.getOrDefault(asked.id(), nobodys);
    GrantSecrets.Standing standing = found.secrets().standing(asked.token());
    if (found.state() != LIVE) {
      throw new GrantRefusedException(Why.UNKNOWN);
    }
    if (standing != GrantSecrets.Standing.GOOD) {
      throw new GrantRefusedException(
          standing == GrantSecrets.Standing.OVER ? Why.EXPIRED : Why.WRONG_TOKEN);
    }
    if (!found.holder().equals(caller)) {
      throw new GrantRefusedException(Why.FOREIGN);
    }
    if (!found.service().equals(service)) {
      throw new GrantRefusedException(Why.OTHER_SERVICE);
    }
    return found;
  }

  /** Returns the living grant {@code id} of {@code holder}; another run's is as unknown as none. */
  public Optional<LiveGrant> find(RuntimeId holder, String id) {
    return Optional.ofNullable(grants.get(id))
        .filter(grant -> grant.holder().equals(holder) && grant.isLive());
  }

  /** Returns the living grants of all runs, in no order. */
  public List<LiveGrant> all() {
    return grants.values().stream().filter(LiveGrant::isLive).toList();
  }

  /**
   * Gives {@code grant} a new token and a new life. The token before works on for {@link #GRACE} at
   * most, and one before that not at all.
   *
   * @throws GrantRefusedException if the grant has ended
   * @throws RandomSourceFailedException if no token can be minted; nothing changes then
   */
  public Issued refresh(LiveGrant grant) throws GrantRefusedException, RandomSourceFailedException {
    Token token = mint.mint(Token.Kind.GRANT);
    synchronized (lock) {
      if (!grant.isLive()) {
        throw new GrantRefusedException(Why.EXPIRED);
      }
      GrantSecrets next =
          grant
              .secrets()
              .refreshed(Digest.of(token), clocks.after(limits.life()), clocks.after(GRACE));
      grant.secrets(next);
      return new Issued(token, next.expiry().wall());
    }
  }

  /** Ends {@code grant}: it is useless at once. Idempotent. */
  public void end(LiveGrant grant) {
    endIf(Set.of(grant), each -> true);
  }

  /** Ends all grants of {@code holder}, drafts included. Idempotent. */
  public void endAll(RuntimeId holder) {
    List<LiveGrant> ended;
    synchronized (lock) {
      ended = remove(List.copyOf(held.getOrDefault(holder, Map.of()).values()));
    }
    tell(ended);
  }

  /** Forgets what has expired. */
  public void cleanUp() {
    endIf(grants.values(), GrantStore::isExpired);
  }

  private static boolean isExpired(LiveGrant grant) {
    return grant.secrets().expiry().isOver();
  }

  private void endIf(Collection<LiveGrant> candidates, Predicate<LiveGrant> which) {
    List<LiveGrant> over = candidates.stream().filter(which).toList();
    if (over.isEmpty()) {
      return;
    }
    List<LiveGrant> ended;
    synchronized (lock) {
      // Asked again: it may have been refreshed.
      ended = remove(over.stream().filter(which).toList());
    }
    tell(ended);
  }

  private List<LiveGrant> removeIf(Predicate<LiveGrant> which) {
    return remove(grants.values().stream().filter(which).toList());
  }

  private List<LiveGrant> remove(List<LiveGrant> over) {
    List<LiveGrant> ended = new ArrayList<>();
    for (LiveGrant grant : over) {
      if (grants.remove(grant.id(), grant)) {
        grant.state(ENDED);
        Map<String, LiveGrant> ofHolder = requireNonNull(held.get(grant.holder()));
        ofHolder.remove(grant.id());
        if (ofHolder.isEmpty()) {
          held.remove(grant.holder());
        }
        ended.add(grant);
      }
    }
    return ended;
  }

  private void tell(List<LiveGrant> ended) {
    ended.forEach(whenEnded);
  }

  /**
   * Returns how many grants are kept, drafts and expired ones that are not cleaned up included;
   * what changes meanwhile may or may not be counted.
   */
  public int size() {
    return grants.size();
  }
}
