package dev.tenon.testing.attack;

import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.auth.limit.Rates;
import dev.tenon.core.ConnectionLimits;
import dev.tenon.host.HostLimits;
import java.time.Duration;

/** Limits that no attack reaches which is about something else. */
final class Generous {
  static final HostLimits LIMITS = limits();

  private Generous() {}

  private static HostLimits limits() {
    HostLimits limits =
        HostLimits.DEFAULT.with(
            new ConnectionLimits(10_000, 10_000, 10_000, 10_000, 100, Duration.ofHours(1)));
    for (Limited what : Limited.values()) {
      limits = limits.with(what, new Rate(Rates.MOST, Rates.MOST));
    }
    return limits;
  }
}
