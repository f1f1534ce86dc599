package dev.tenon.auth.limit;

import java.util.Locale;

/** What is limited, each with the rate of a host that is not told another. */
public enum Limited {
  /**
   * A new TCP connection, for each source address, before TLS. The burst lets the plugins of one
   * machine start together.
   */
  CONNECT(10, 100),
  /** An enrolment, for each source address or, on a Unix socket, each user. */
  ENROL(10, 20),
  /** A renewal of key and token, for each run; a plugin needs two an hour. */
  RENEW(1, 5),
  /** A registration, for each run. */
  REGISTER(1, 5),
  /** The end of a registration, for each run. */
  UNREGISTER(1, 5),
  /** A look-up of a service, for each run. */
  DISCOVER(100, 200),
  /** The begin of a watch, for each run. */
  WATCH(1, 3),
  /** A report of a plugin's own health, for each run. */
  REPORT_HEALTH(10, 20),
  /** A request for a grant, and its refresh or release, for each run. */
  GRANT(10, 20),
  /** A call of the administrative service, for each administrator, and for a plugin that tries. */
  ADMIN(10, 20),
  /** A call that the router relays, for each run that calls. */
  CALL(1_000, 2_000);

  private final int perSecond;
  private final int burst;

  Limited(int perSecond, int burst) {
    this.perSecond = perSecond;
    this.burst = burst;
  }

  /** Returns the rate of a host that is not told another. */
  public Rate defaultRate() {
    return new Rate(perSecond, burst);
  }

  /** Returns the name in configuration files and the audit log, such as {@code report_health}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
