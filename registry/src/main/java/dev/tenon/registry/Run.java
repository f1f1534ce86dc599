package dev.tenon.registry;

import dev.tenon.core.Health;
import java.util.List;
import java.util.Optional;

/**
 * What is known of one run of this host's plugins. Immutable.
 *
 * @param health its last report, if there was one
 * @param isStandby whether it claims and gets no calls yet, because it is to succeed another run
 * @param claims in the order of registration
 */
record Run(Optional<Health> health, boolean isStandby, List<Registration> claims) {
  static final Run UNKNOWN = new Run(Optional.empty(), false, List.of());

  Run {
    claims = List.copyOf(claims);
  }

  Run with(Health report) {
    return new Run(Optional.of(report), isStandby, claims);
  }

  Run standby(boolean whether) {
    return new Run(health, whether, claims);
  }

  Run claiming(List<Registration> others) {
    return new Run(health, isStandby, others);
  }

  boolean isEligible() {
    return !isStandby && health.filter(Health::isEligible).isPresent();
  }
}
