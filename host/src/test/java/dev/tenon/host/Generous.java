package dev.tenon.host;

import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.auth.limit.Rates;
import dev.tenon.core.ConnectionLimits;

/** Limits that no test reaches which is about something else. */
public final class Generous {
  private static final int CONNECTIONS = 4096;

  /** Every rate as high as it can be set, and room for the connections of a test. */
  public static final HostLimits LIMITS = limits();

  private Generous() {}

  private static HostLimits limits() {
    ConnectionLimits usual = ConnectionLimits.DEFAULT;
    HostLimits limits =
        HostLimits.DEFAULT.with(
            new ConnectionLimits(
                CONNECTIONS,
                CONNECTIONS,
                CONNECTIONS,
                CONNECTIONS,
                usual.callsPerConnection(),
                usual.age()));
    for (Limited what : Limited.values()) {
      limits = limits.with(what, new Rate(Rates.MOST, Rates.MOST));
    }
    return limits;
  }
}
