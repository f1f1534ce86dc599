package dev.tenon.bench.endtoend;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** All measurements of a run. Immutable. */
record Samples(List<Sample> all) {
  Samples {
    all = List.copyOf(all);
  }

  /** What is measured of one way under one load in one setting. */
  record Place(Setting setting, Load load, Way way) {
    Place {
      requireNonNull(setting, "setting");
      requireNonNull(load, "load");
      requireNonNull(way, "way");
    }

    Place by(Way other) {
      return new Place(setting, load, other);
    }
  }

  /** Returns those of {@code place} in which every call had the right answer. */
  List<Sample> clean(Place place) {
    return all.stream()
        .filter(sample -> sample.setting() == place.setting())
        .filter(sample -> sample.load() == place.load() && sample.way() == place.way())
        .filter(sample -> sample.outcome().isClean())
        .toList();
  }

  private Optional<Sample> clean(Place place, int round) {
    return clean(place).stream().filter(sample -> sample.round() == round).findFirst();
  }

  /**
   * Returns {@code measure} of {@code place} by that of {@code reference}, for each round that has
   * both: within rounds, since what disturbs a round disturbs both.
   */
  List<Double> ratios(Place place, Way reference, ToDoubleFunction<Sample> measure) {
    List<Double> ratios = new ArrayList<>();
    for (Sample sample : clean(place)) {
      clean(place.by(reference), sample.round())
          .ifPresent(
              other -> ratios.add(measure.applyAsDouble(sample) / measure.applyAsDouble(other)));
    }
    return ratios;
  }

  /**
   * Returns as {@link #ratios} does what {@code place} adds to {@code base}, by what {@code
   * reference} adds to it; rounds in which that adds nothing have none.
   */
  List<Double> ratiosOfAdded(
      Place place, Way reference, Way base, ToDoubleFunction<Sample> measure) {
    List<Double> ratios = new ArrayList<>();
    for (Sample sample : clean(place)) {
      Optional<Sample> other = clean(place.by(reference), sample.round());
      Optional<Sample> without = clean(place.by(base), sample.round());
      if (other.isPresent() && without.isPresent()) {
        double floor = measure.applyAsDouble(without.get());
        double added = measure.applyAsDouble(other.get()) - floor;
        if (added > 0) {
          ratios.add((measure.applyAsDouble(sample) - floor) / added);
        }
      }
    }
    return ratios;
  }
}
