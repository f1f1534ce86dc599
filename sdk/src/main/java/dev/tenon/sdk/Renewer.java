package dev.tenon.sdk;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import dev.tenon.transport.CertificateRequest;
import io.grpc.StatusRuntimeException;
import java.security.KeyPair;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Replaces the plugin's identity at half of its life, give or take a tenth, so that plugins that
 * started together do not renew together. Not thread-safe: the identity thread alone uses it.
 */
final class Renewer {
  /** The pause after the first failure; each further failure doubles it. */
  static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

  /** The longest pause between attempts. */
  static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  private static final double JITTER = 0.1;

  private static final System.Logger LOG = System.getLogger(Renewer.class.getName());

  private final CurrentIdentity identity;
  private final RenewalCall call;
  private final Timer worker;
  private final InstantSource clock;
  private final RandomGenerator random;

  /*
   * The successor key stays the same over all attempts of one renewal: the answer to a failed attempt
   * may be lost after the host had acted, and another key would look like a second holder of ours.
   */
  private Optional<KeyPair> successor = Optional.empty();
  private int failures;
  private int plans;
  private Runnable whenExpired = () -> {};

  Renewer(
      CurrentIdentity identity,
      RenewalCall call,
      Timer worker,
      InstantSource clock,
      RandomGenerator random) {
    this.identity = identity;
    this.call = call;
    this.worker = worker;
    this.clock = clock;
    this.random = random;
  }

  /** Plans the next renewal; what was planned before is dropped. */
  void plan() {
    planIn(identity.now().halfLife());
  }

  private void planIn(Duration pause) {
    plans++;
    int plan = plans;
    worker.after(
        jittered(pause),
        () -> {
          if (plan == plans) {
            renew();
          }
        });
  }

  /** Begins anew, after an enrolment has replaced the identity. */
  void restart() {
    successor = Optional.empty();
    failures = 0;
    plan();
  }

  /** Sets what is done when the certificate is found expired; nothing but a log line without it. */
  void whenExpired(Runnable action) {
    whenExpired = action;
  }

  /** Returns whether the certificate has expired: it cannot be renewed any more then. */
  boolean isExpired() {
    return !clock.instant().isBefore(identity.now().certificateExpires());
  }

  /**
   * Renews now, because the host has refused {@code refused}; one attempt. Returns whether there is
   * another identity.
   */
  boolean renewNow(LiveIdentity refused) {
    if (identity.now() == refused) {
      renew();
    }
    return identity.now() != refused;
  }

  private void renew() {
    LiveIdentity current = identity.now();
    if (isExpired()) {
      LOG.log(
          ERROR,
          "the certificate expired at {0} without a renewal; the host must send another start"
              + " document",
          current.certificateExpires());
      whenExpired.run();
      return;
    }
    try {
      KeyPair next = successor.orElseGet(CertificateRequest::newKeyPair);
      successor = Optional.of(next);
      identity.replace(call.renew(current, next));
      LOG.log(INFO, "identity renewed: {0}", identity.now());
      successor = Optional.empty();
      failures = 0;
      plan();
    } catch (StatusRuntimeException e) {
      failed(StatusText.of(e));
    } catch (BadAnswerException | RuntimeException e) {
      failed(String.valueOf(e.getMessage()));
    }
  }

  private void failed(String why) {
    Duration doubled = FIRST_PAUSE.multipliedBy(1L << Math.min(failures, 10));
    Duration pause = doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
    failures++;
    LOG.log(WARNING, "identity not renewed, attempt {0}: {1}", failures, why);
    planIn(pause);
  }

  private Duration jittered(Duration duration) {
    double factor = 1 - JITTER + 2 * JITTER * random.nextDouble();
    return Duration.ofNanos((long) (duration.toNanos() * factor));
  }
}
