package dev.tenon.router;

import dev.tenon.core.RuntimeId;
import dev.tenon.registry.Fitness;
import dev.tenon.registry.Registration;
import java.util.List;
import java.util.Set;

/** Who is fit for a call that was at others before: whoever was not, as long as there is one. */
record Untried(Fitness fitness, Set<RuntimeId> tried) implements Fitness {
  static Fitness of(Fitness fitness, Set<RuntimeId> tried) {
    return tried.isEmpty() ? fitness : new Untried(fitness, tried);
  }

  @Override
  public List<Registration> fit(List<Registration> candidates) {
    List<Registration> others =
        candidates.stream().filter(claim -> !tried.contains(claim.provider())).toList();
    return fitness.fit(others.isEmpty() ? candidates : others);
  }

  @Override
  public int load(RuntimeId provider) {
    return fitness.load(provider);
  }
}
