package dev.tenon.registry;

import dev.tenon.core.PluginName;
import dev.tenon.core.Selection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/** Chooses for each call to one service. Thread-safe; what it keeps does not grow. */
interface Turns {
  /** Always the first. */
  Turns FIRST = (candidates, fitness, key) -> candidates.get(0);

  /**
   * Returns one of {@code candidates}, of which there is at least one and all are fit.
   *
   * @param key what the caller goes by; {@link ServiceRegistry#NO_KEY} if nothing
   */
  Registration next(List<Registration> candidates, Fitness fitness, String key);

  static Turns of(Selection selection, RandomGenerator random) {
    if (selection instanceof Selection.Weighted weighted) {
      return new Shares(weighted);
    }
    return switch ((Selection.Plain) selection) {
      case FIRST -> FIRST;
      case ROUND_ROBIN -> new InTurn();
      case RANDOM ->
          (candidates, fitness, key) -> candidates.get(random.nextInt(candidates.size()));
      case LEAST_LOADED -> new LeastLoaded(random);
      case STICKY -> new Sticky(new LeastLoaded(random));
    };
  }

  /**
   * Each in turn. Any {@code n} calls in a row to the same {@code n} providers meet each once, also
   * right after the set has changed.
   */
  final class InTurn implements Turns {
    private final AtomicLong calls = new AtomicLong();

    @Override
    public Registration next(List<Registration> candidates, Fitness fitness, String key) {
      return next(candidates);
    }

    Registration next(List<Registration> candidates) {
      return candidates.get(Math.floorMod(calls.getAndIncrement(), candidates.size()));
    }
  }

  /**
   * Shares by weight, dealt out smoothly: at each call every plugin that can take it earns its
   * weight, the richest is called and pays what all have earned. So nothing depends on chance, and
   * heavy plugins do not get their calls in bursts. Runs of the chosen plugin take turns.
   */
  final class Shares implements Turns {
    private final Selection.Weighted weights;
    private final Map<PluginName, Long> earned = new HashMap<>();
    private final Map<PluginName, InTurn> runs = new HashMap<>();

    Shares(Selection.Weighted weights) {
      this.weights = weights;
      weights.plugins().forEach(plugin -> runs.put(plugin, new InTurn()));
    }

    @Override
    public synchronized Registration next(
        List<Registration> candidates, Fitness fitness, String key) {
      List<PluginName> plugins =
          candidates.stream()
              .map(claim -> claim.provider().plugin())
              .filter(plugin -> weights.weight(plugin) > 0)
              .distinct()
              .toList();
      if (plugins.isEmpty()) {
        return candidates.get(0);
      }
      // Who cannot take calls earns nothing and owes nothing when it comes back.
      earned.keySet().retainAll(plugins);
      PluginName richest = plugins.get(0);
      long all = 0;
      for (PluginName plugin : plugins) {
        all += weights.weight(plugin);
        long now = earned.merge(plugin, (long) weights.weight(plugin), Long::sum);
        if (now > earned.getOrDefault(richest, 0L)) {
          richest = plugin;
        }
      }
      earned.merge(richest, -all, Long::sum);
      return runOf(richest, candidates);
    }

    private Registration runOf(PluginName plugin, List<Registration> candidates) {
      List<Registration> own =
          candidates.stream().filter(claim -> claim.provider().plugin().equals(plugin)).toList();
      return runs.getOrDefault(plugin, new InTurn()).next(own);
    }
  }

  /** The less loaded of two that chance names. Takes no lock and allocates nothing. */
  final class LeastLoaded implements Turns {
    private final RandomGenerator random;

    LeastLoaded(RandomGenerator random) {
      this.random = random;
    }

    @Override
    public Registration next(List<Registration> candidates, Fitness fitness, String key) {
      int size = candidates.size();
      if (size == 1) {
        return candidates.get(0);
      }
      int one = random.nextInt(size);
      int other = random.nextInt(size - 1);
      Registration first = candidates.get(one);
      Registration second = candidates.get(other < one ? other : other + 1);
      return fitness.load(second.provider()) < fitness.load(first.provider()) ? second : first;
    }
  }

  /**
   * The plugin whose name scores highest together with the key, and of its runs the one whose id
   * does. So a key stays with its plugin when that starts again, and all hosts agree about it.
   * Takes no lock and allocates nothing.
   */
  final class Sticky implements Turns {
    /* FNV-1a with 64 bits (Fowler, Noll, Vo), finished as SplitMix64 does. */
    private static final long BASIS = 0xcbf29ce484222325L;
    private static final long PRIME = 0x100000001b3L;

    private final Turns withoutKey;

    Sticky(Turns withoutKey) {
      this.withoutKey = withoutKey;
    }

    @Override
    public Registration next(List<Registration> candidates, Fitness fitness, String key) {
      if (key.isEmpty()) {
        return withoutKey.next(candidates, fitness, key);
      }
      long ofKey = hash(BASIS, key, key.length());
      Registration best = candidates.get(0);
      long bestPlugin = ofPlugin(ofKey, best);
      long bestRun = ofRun(ofKey, best);
      for (int i = 1; i < candidates.size(); i++) {
        Registration claim = candidates.get(i);
        long plugin = ofPlugin(ofKey, claim);
        long run = ofRun(ofKey, claim);
        if (plugin > bestPlugin || (plugin == bestPlugin && run > bestRun)) {
          best = claim;
          bestPlugin = plugin;
          bestRun = run;
        }
      }
      return best;
    }

    private static long ofPlugin(long ofKey, Registration claim) {
      String run = claim.provider().value();
      return mixed(hash(ofKey, run, run.lastIndexOf('-')));
    }

    private static long ofRun(long ofKey, Registration claim) {
      String run = claim.provider().value();
      return mixed(hash(ofKey, run, run.length()));
    }

    private static long hash(long from, String text, int length) {
      long hash = from;
      for (int i = 0; i < length; i++) {
        hash = (hash ^ text.charAt(i)) * PRIME;
      }
      return (hash ^ 0xff) * PRIME; // an end that is in no text
    }

    private static long mixed(long hash) {
      long first = (hash ^ (hash >>> 30)) * 0xbf58476d1ce4e5b9L;
      long second = (first ^ (first >>> 27)) * 0x94d049bb133111ebL;
      return second ^ (second >>> 31);
    }
  }
}
