package dev.tenon.examples.host;

import dev.tenon.auth.audit.AuditSettings;
import dev.tenon.auth.config.ConfigTable;
import dev.tenon.core.GrantLimits;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.PolicySource;
import dev.tenon.host.RestartPolicy;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * What {@code tenon.toml} says about how a running host keeps its files, tokens and grants.
 * Immutable.
 *
 * @param policyInterval how often the policy file is read
 * @param segmentBytes size from which a segment of the audit log is sealed
 * @param clockTolerance how long after its end a runtime token is still taken
 */
record UpkeepConfig(
    Duration policyInterval,
    int segmentBytes,
    Duration clockTolerance,
    GrantLimits grants,
    RestartPolicy restart) {
  private static final String POLICY_INTERVAL = "policy_interval";
  private static final String SEGMENT_BYTES = "segment_bytes";
  private static final String CLOCK_TOLERANCE = "clock_tolerance";
  private static final String GRANT_LIFE = "life";
  private static final String PER_RUN = "per_run";
  private static final String IN_TOTAL = "in_total";

  /** A file that is read more often than this is no calmer for it. */
  private static final Duration LEAST_INTERVAL = Duration.ofMillis(100);

  private static final Duration MOST_INTERVAL = Duration.ofHours(1);
  private static final int MOST_SEGMENT_BYTES = 1 << 30;
  private static final Duration MOST_TOLERANCE = Duration.ofMinutes(5);
  private static final Duration LEAST_LIFE = Duration.ofSeconds(1);

  /** Reads the file {@code all} and three of its tables, which may be missing. */
  static UpkeepConfig read(
      ConfigTable all,
      Optional<ConfigTable> audit,
      Optional<ConfigTable> tokens,
      Optional<ConfigTable> grants) {
    return new UpkeepConfig(
        all.parsed(POLICY_INTERVAL, text -> duration(text, LEAST_INTERVAL, MOST_INTERVAL))
            .orElse(PolicySource.file(Path.of("policy.toml")).interval()),
        audit.map(UpkeepConfig::segment).orElse((int) AuditSettings.DEFAULT.segmentBytes()),
        tokens
            .flatMap(
                table ->
                    table.parsed(
                        CLOCK_TOLERANCE, text -> duration(text, Duration.ZERO, MOST_TOLERANCE)))
            .orElse(Duration.ZERO),
        grants.map(UpkeepConfig::grants).orElse(GrantLimits.DEFAULT),
        all.table(RestartTable.NAME).map(RestartTable::read).orElse(RestartPolicy.DEFAULT));
  }

  private static int segment(ConfigTable audit) {
    int least = (int) AuditSettings.MIN_SEGMENT_BYTES;
    int usual = (int) AuditSettings.DEFAULT.segmentBytes();
    return LimitsTable.number(audit, SEGMENT_BYTES, usual, least, MOST_SEGMENT_BYTES);
  }

  private static GrantLimits grants(ConfigTable grants) {
    GrantLimits all = GrantLimits.DEFAULT;
    return new GrantLimits(
        grants
            .parsed(GRANT_LIFE, text -> duration(text, LEAST_LIFE, GrantLimits.MAX_LIFE))
            .orElse(all.life()),
        LimitsTable.number(grants, PER_RUN, all.perRun(), 1, GrantLimits.MAX_PER_RUN),
        LimitsTable.number(grants, IN_TOTAL, all.inTotal(), 1, GrantLimits.MAX_IN_TOTAL));
  }

  static Duration duration(String text, Duration least, Duration most) {
    try {
      Duration parsed = Duration.parse(text);
      if (parsed.compareTo(least) >= 0 && parsed.compareTo(most) <= 0) {
        return parsed;
      }
    } catch (DateTimeException e) {
      // As one that is out of range.
    }
    throw new IllegalArgumentException(
        "(expected: an ISO 8601 duration, " + least + " to " + most + ")");
  }

  /** Returns all keys that are read here. */
  static Set<String> keys() {
    return Set.of(POLICY_INTERVAL, SEGMENT_BYTES, CLOCK_TOLERANCE, GRANT_LIFE, PER_RUN, IN_TOTAL);
  }

  /** Sets all of it on {@code host}, which follows the file {@code policy}. */
  void configure(HostBuilder host, Path policy) {
    host.policy(PolicySource.file(policy).every(policyInterval))
        .audit(AuditSettings.DEFAULT.segments(segmentBytes))
        .clockTolerance(clockTolerance)
        .grantLimits(grants)
        .restart(restart);
  }

  /** Returns the entry that stands before all tables. */
  String policyEntry() {
    return entry(POLICY_INTERVAL, policyInterval);
  }

  /** Returns the entry of the table {@code [tokens]}. */
  String tokensEntry() {
    return entry(CLOCK_TOLERANCE, clockTolerance);
  }

  /** Returns the entry of the table {@code [audit]}. */
  String auditEntry() {
    return entry(SEGMENT_BYTES, segmentBytes);
  }

  /** Returns the entries of the table {@code [grants]}. */
  String grantsEntries() {
    return entry(GRANT_LIFE, grants.life())
        + entry(PER_RUN, grants.perRun())
        + entry(IN_TOTAL, grants.inTotal());
  }

  /** Returns the entries of the table {@code [restart]}. */
  String restartEntries() {
    return RestartTable.toToml(restart);
  }

  private static String entry(String key, Duration value) {
    return key + " = \"" + value + "\"\n";
  }

  private static String entry(String key, int value) {
    return key + " = " + value + "\n";
  }
}
