package dev.tenon.router.choose;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.BreakerPolicy;
import dev.tenon.core.BreakerState;
import dev.tenon.core.EjectionPolicy;
import dev.tenon.core.RuntimeId;
import dev.tenon.registry.Fitness;
import dev.tenon.registry.Registration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The standing of every provider that got a call. Thread-safe; takes no lock of its own. */
public final class Standings implements Fitness {
  /*
   * `notClosed` and `ejectedUntil` tell, before any provider is looked at, that there is nothing to
   * look for: as long as all is well a choice costs two reads.
   */
  private final BreakerPolicy breakers;
  private final EjectionPolicy ejections;
  private final LongSupplier nanoTime;
  private final BreakerWatch watch;
  private final ConcurrentMap<RuntimeId, Standing> all = new ConcurrentHashMap<>();
  private final Set<RuntimeId> notClosed = ConcurrentHashMap.newKeySet();
  private final AtomicLong ejectedUntil = new AtomicLong(Ejection.NEVER);

  /**
   * Makes it, with no provider yet.
   *
   * @param nanoTime a clock as {@link System#nanoTime} is one
   */
  public Standings(
      BreakerPolicy breakers, EjectionPolicy ejections, LongSupplier nanoTime, BreakerWatch watch) {
    this.breakers = requireNonNull(breakers, "breakers");
    this.ejections = requireNonNull(ejections, "ejections");
    this.nanoTime = requireNonNull(nanoTime, "nanoTime");
    this.watch = requireNonNull(watch, "watch");
  }

  /** Returns the standing of {@code provider}, a good one if it is not known. */
  public Standing of(RuntimeId provider) {
    Standing known = all.get(provider);
    return known == null ? all.computeIfAbsent(provider, this::made) : known;
  }

  private Standing made(RuntimeId provider) {
    return new Standing(
        provider,
        new Breaker(breakers, nanoTime, (before, now) -> changed(provider, before, now)),
        new Ejection(ejections, nanoTime, this::ejected));
  }

  private void changed(RuntimeId provider, BreakerState before, BreakerState now) {
    if (before == BreakerState.CLOSED) {
      notClosed.add(provider);
    } else if (now == BreakerState.CLOSED) {
      notClosed.remove(provider);
    }
    watch.changed(provider, before, now);
  }

  private void ejected(long until) {
    ejectedUntil.accumulateAndGet(
        until, (last, next) -> last == Ejection.NEVER || next - last > 0 ? next : last);
  }

  /** Returns where the circuit breaker of {@code provider} stands. */
  public BreakerState breaker(RuntimeId provider) {
    Standing known = all.get(provider);
    return known == null ? BreakerState.CLOSED : known.breaker();
  }

  /** Returns whether {@code provider} is passed over where another can take the call. */
  public boolean isEjected(RuntimeId provider) {
    Standing known = all.get(provider);
    return known != null && known.isEjected(nanoTime.getAsLong());
  }

  @Override
  public int load(RuntimeId provider) {
    Standing known = all.get(provider);
    return known == null ? 0 : known.open();
  }

  /**
   * Leaves out whose breaker lets nobody in, and of the rest whoever is ejected: half of the
   * candidates at most, the ones that are ejected longest, and never all. If no breaker lets
   * anybody in, all stay, and whichever is chosen will refuse.
   */
  @Override
  public List<Registration> fit(List<Registration> candidates) {
    if (candidates.size() == 1 || isAllWell()) {
      return candidates;
    }
    List<Registration> fit =
        candidates.stream()
            .filter(claim -> known(claim).map(Standing::isPassable).orElse(true))
            .collect(Collectors.toCollection(ArrayList::new));
    if (fit.isEmpty()) {
      return candidates;
    }
    long nanos = nanoTime.getAsLong();
    int most = Math.min(candidates.size() / 2, fit.size() - 1);
    List<Registration> out =
        fit.stream()
            .filter(claim -> known(claim).filter(one -> one.isEjected(nanos)).isPresent())
            .sorted(Comparator.comparingLong(claim -> nanos - until(claim)))
            .limit(most)
            .toList();
    fit.removeAll(out);
    return fit.size() == candidates.size() ? candidates : fit;
  }

  private boolean isAllWell() {
    if (!notClosed.isEmpty()) {
      return false;
    }
    long until = ejectedUntil.get();
    return until == Ejection.NEVER
        || (until - nanoTime.getAsLong() <= 0 && ejectedUntil.compareAndSet(until, Ejection.NEVER));
  }

  private Optional<Standing> known(Registration claim) {
    return Optional.ofNullable(all.get(claim.provider()));
  }

  private long until(Registration claim) {
    return known(claim).map(Standing::ejectedUntilNanos).orElse(Ejection.NEVER);
  }

  /** Forgets the providers that are {@code gone} and have no open call. */
  public void forget(Predicate<RuntimeId> gone) {
    all.values().removeIf(one -> one.open() == 0 && gone.test(one.provider()));
    notClosed.removeIf(provider -> !all.containsKey(provider));
  }

  /** Returns how many providers it knows. */
  int known() {
    return all.size();
  }
}
