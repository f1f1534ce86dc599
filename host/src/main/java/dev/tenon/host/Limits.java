package dev.tenon.host;

import dev.tenon.auth.audit.AuditLog;
import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.RateLimiter;
import dev.tenon.auth.limit.RateLimits;
import dev.tenon.core.RefusedException;
import dev.tenon.host.control.ControlServers;
import dev.tenon.router.CallRate;
import dev.tenon.router.relay.WireFront;
import dev.tenon.transport.Door;
import dev.tenon.transport.Source;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.IntPredicate;

/** The limits of a running host, as its listeners use them. Thread-safe. */
final class Limits {
  /** After how long without a call a connection for calls ends; its peer makes another. */
  private static final Duration IDLE = Duration.ofMinutes(30);

  private final HostLimits settings;
  private final RateLimits rates;
  private final ConnectionRefusals refusals;
  private final IntPredicate users;

  private Limits(
      HostLimits settings, RateLimits rates, ConnectionRefusals refusals, IntPredicate users) {
    this.settings = settings;
    this.rates = rates;
    this.refusals = refusals;
    this.users = users;
  }

  /**
   * Makes the limits; {@code users} are those whose processes may connect beside the host's own
   * user, and {@code closing} ends what counts.
   */
  static Limits of(
      HostLimits settings,
      ConnectionRefusals refusals,
      IntPredicate users,
      AuditLog audit,
      InstantSource clock,
      CloseStack closing) {
    RateLimiter limiter = closing.add(settings.limiter().orElseGet(RateLimiter::inMemory));
    return new Limits(
        settings, new RateLimits(settings::rates, limiter, audit, clock), refusals, users);
  }

  private boolean admits(Source source) {
    try {
      rates.require(Limited.CONNECT, source.name());
      return true;
    } catch (RefusedException e) {
      return false;
    }
  }

  /**
   * Returns what guards the listener of {@code plane}, which is the one for enrolment or control.
   */
  ControlServers.Guard guard(String plane) {
    return new ControlServers.Guard(door(plane), rates);
  }

  /** Returns which connections the listener of {@code plane} takes. */
  Door door(String plane) {
    return new Door(settings.connections(), this::admits, refusals.of(plane), users);
  }

  /** Returns the limit of the calls that the router relays. */
  CallRate calls() {
    return new CallRate(rates, method -> Limited.CALL);
  }

  /** Returns what one connection of the listeners for calls may. */
  WireFront.Limits front(int maxMessageBytes) {
    return new WireFront.Limits(
        settings.connections().callsPerConnection(),
        maxMessageBytes,
        settings.connections().age(),
        IDLE,
        settings.calls().idle());
  }
}
