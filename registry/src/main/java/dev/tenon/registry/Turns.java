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
  Turns FIRST = candidates -> candidates.get(0);

  /** Returns one of {@code candidates}, of which there is at least one. */
  Registration next(List<Registration> candidates);

  static Turns of(Selection selection, RandomGenerator random) {
    if (selection instanceof Selection.Weighted weighted) {
      return new Shares(weighted);
    }
    return switch ((Selection.Plain) selection) {
      case FIRST -> FIRST;
      case ROUND_ROBIN -> new InTurn();
      case RANDOM -> candidates -> candidates.get(random.nextInt(candidates.size()));
    };
  }

  /**
   * Each in turn. Any {@code n} calls in a row to the same {@code n} providers meet each once, also
   * right after the set has changed.
   */
  final class InTurn implements Turns {
    private final AtomicLong calls = new AtomicLong();

    @Override
    public Registration next(List<Registration> candidates) {
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
    public synchronized Registration next(List<Registration> candidates) {
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
}
