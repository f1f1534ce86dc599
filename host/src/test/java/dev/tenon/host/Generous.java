package dev.tenon.host;

import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.auth.limit.Rates;

/** Limits that no test reaches which is about something else. */
public final class Generous {
  /** Every rate as high as it can be set. */
  public static final HostLimits LIMITS = limits();

  private Generous() {}

  private static HostLimits limits() {
    HostLimits limits = HostLimits.DEFAULT;
    for (Limited what : Limited.values()) {
      limits = limits.with(what, new Rate(Rates.MOST, Rates.MOST));
    }
    return limits;
  }
}
