package dev.tenon.auth.limit;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.auth.audit.AuditEvent.Outcome;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.audit.AuditLog;
import dev.tenon.core.RefusedException;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What a host asks before it works for a peer: the limiter, at the rate of the moment. Thread-safe;
 * takes no lock.
 *
 * <p>Of a storm of refusals the audit log gets one record for each key and minute. A limiter that
 * fails lets pass whoever has a certificate of the host's, for whom policy and caps still hold, so
 * that the loss of a limiter is not the loss of the service; enrolments and connections, whose
 * senders are unknown, it refuses.
 */
public final class RateLimits {
  /** How often refusals of one key are recorded. */
  static final Rate RECORDS = new Rate(1 / 60.0, 1);

  /** How often failures of the limiter are logged, for each thing that is limited. */
  private static final Rate LOG_LINES = new Rate(1, 1);

  private static final System.Logger LOG = System.getLogger(RateLimits.class.getName());

  private final Supplier<Rates> rates;
  private final RateLimiter limiter;
  private final AuditLog audit;
  private final InstantSource clock;
  private final TokenBuckets records;
  private final TokenBuckets logLines;

  /**
   * Makes limits over {@code limiter}.
   *
   * @param rates read for every request, so that others take effect at once
   */
  public RateLimits(
      Supplier<Rates> rates, RateLimiter limiter, AuditLog audit, InstantSource clock) {
    this(rates, limiter, audit, clock, System::nanoTime);
  }

  RateLimits(
      Supplier<Rates> rates,
      RateLimiter limiter,
      AuditLog audit,
      InstantSource clock,
      LongSupplier nanos) {
    this.rates = requireNonNull(rates, "rates");
    this.limiter = requireNonNull(limiter, "limiter");
    this.audit = requireNonNull(audit, "audit");
    this.clock = requireNonNull(clock, "clock");
    this.records = new TokenBuckets(nanos);
    this.logLines = new TokenBuckets(nanos);
  }

  /**
   * Counts one {@code what} of {@code who}.
   *
   * @throws RateLimitedException if it was asked for too often
   * @throws LimiterFailedException if the limiter failed, and nobody unknown may pass without it
   * @throws AuditFailedException if it was asked for too often, and that could not be recorded
   */
  public void require(Limited what, String who) throws RefusedException {
    LimitKey key = new LimitKey(what, who);
    Rate rate = rates.get().of(what);
    Verdict verdict;
    try {
      verdict = requireNonNull(limiter.allow(key, rate), "verdict");
    } catch (RuntimeException e) {
      failed(what, e);
      return;
    }
    if (verdict instanceof Verdict.Refused refused) {
      RateLimitedException limited = new RateLimitedException(key, rate, refused.retryAfter());
      record(key, limited);
      throw limited;
    }
  }

  private void failed(Limited what, RuntimeException failure) throws LimiterFailedException {
    if (logLines.allow(new LimitKey(what, ""), LOG_LINES) == Verdict.ALLOWED) {
      LOG.log(Level.ERROR, "the limiter failed over " + what.label(), failure);
    }
    if (isOfUnknownPeers(what)) {
      throw new LimiterFailedException(what, failure);
    }
  }

  private static boolean isOfUnknownPeers(Limited what) {
    return switch (what) {
      case CONNECT, ENROL -> true;
      case RENEW, REGISTER, UNREGISTER, DISCOVER, WATCH, REPORT_HEALTH, GRANT, ADMIN, CALL -> false;
    };
  }

  private void record(LimitKey key, RateLimitedException limited) throws AuditFailedException {
    if (records.allow(key, RECORDS) != Verdict.ALLOWED) {
      return;
    }
    audit.note( // also on event loops, which must not wait for a disk
        new AuditEvent(
            clock.instant(),
            "limit",
            key.who(),
            key.what().label(),
            /* resource= */ null,
            Outcome.DENIED,
            Map.of("reason", String.valueOf(limited.getMessage()))));
  }
}
