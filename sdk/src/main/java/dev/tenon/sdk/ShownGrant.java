package dev.tenon.sdk;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.tenon.core.SignedGrant;
import dev.tenon.core.SpiffeId;
import dev.tenon.v1.DirectGrant;
import java.security.PublicKey;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/**
 * A grant that a direct caller has shown, signed by the host, and for this caller and this
 * provider. Immutable and thread-safe.
 */
record ShownGrant(
    String text,
    SpiffeId.OfPlugin caller,
    String service,
    Set<String> methods,
    Instant expires,
    String serial) {
  /** The longest life of a grant. */
  static final Duration MAX_LIFE = Duration.ofMinutes(10);

  private static final int MAX_METHODS = 16;

  ShownGrant {
    methods = Set.copyOf(methods);
  }

  /**
   * Reads {@code text}, which {@code caller} shows to {@code self}.
   *
   * <p>A grant may begin later than now by as much as clocks may be apart. It ends when it says,
   * whatever the clocks: who keeps another time than the host may be called a little too long, and
   * no longer than a grant lives.
   *
   * @throws DirectRefusedException if it is no grant, not signed with one of {@code keys}, or not
   *     of these two, at {@code now}
   */
  static ShownGrant read(
      String text,
      List<PublicKey> keys,
      SpiffeId.OfPlugin caller,
      SpiffeId.OfPlugin self,
      Instant now)
      throws DirectRefusedException {
    SignedGrant signed =
        SignedGrant.parse(text)
            .orElseThrow(() -> new DirectRefusedException(DirectRefusal.MALFORMED));
    if (keys.stream().noneMatch(signed::isSignedWith)) {
      throw new DirectRefusedException(DirectRefusal.SIGNATURE);
    }
    DirectGrant grant = parse(signed);
    if (!grant.getCaller().equals(caller.toString())) {
      throw new DirectRefusedException(DirectRefusal.OTHER_CALLER);
    }
    if (!grant.getProvider().equals(self.toString())) {
      throw new DirectRefusedException(DirectRefusal.OTHER_PROVIDER);
    }
    Instant begins = instant(grant.getIssuedAt());
    Instant expires = instant(grant.getExpiresAt());
    if (begins.isAfter(now.plus(IssuedIdentity.MAX_SKEW))) {
      throw new DirectRefusedException(DirectRefusal.NOT_YET);
    }
    if (expires.isAfter(begins.plus(MAX_LIFE))) {
      throw new DirectRefusedException(DirectRefusal.EXPIRED);
    }
    ShownGrant shown =
        new ShownGrant(
            text,
            caller,
            grant.getService(),
            Set.copyOf(grant.getMethodsList()),
            expires,
            grant.getSerial());
    shown.requireLiving(now);
    return shown;
  }

  private static DirectGrant parse(SignedGrant signed) throws DirectRefusedException {
    try {
      DirectGrant grant = DirectGrant.parseFrom(signed.grant());
      if (grant.getSerial().matches("[0-9a-f]{32}")
          && grant.getMethodsCount() <= MAX_METHODS
          && grant.getUnknownFields().asMap().isEmpty()) {
        return grant;
      }
    } catch (InvalidProtocolBufferException e) {
      // as any other malformed one
    }
    throw new DirectRefusedException(DirectRefusal.MALFORMED);
  }

  private static Instant instant(long seconds) throws DirectRefusedException {
    try {
      return Instant.ofEpochSecond(seconds);
    } catch (DateTimeException e) {
      throw new DirectRefusedException(DirectRefusal.MALFORMED);
    }
  }

  /**
   * Checks that it has not expired.
   *
   * @throws DirectRefusedException if it has
   */
  void requireLiving(Instant now) throws DirectRefusedException {
    if (!now.isBefore(expires)) {
      throw new DirectRefusedException(DirectRefusal.EXPIRED);
    }
  }

  /**
   * Checks that it is for {@code method} of {@code service}.
   *
   * @throws DirectRefusedException if it is for others
   */
  void require(String service, String method) throws DirectRefusedException {
    if (!this.service.equals(service)) {
      throw new DirectRefusedException(DirectRefusal.OTHER_SERVICE);
    }
    if (!methods.contains(method)) {
      throw new DirectRefusedException(DirectRefusal.OTHER_METHOD);
    }
  }

  /** Returns whether a call under {@code before}, of {@code method}, may go on under this one. */
  boolean succeeds(ShownGrant before, String method) {
    return caller.equals(before.caller)
        && service.equals(before.service)
        && methods.contains(method)
        && expires.isAfter(before.expires);
  }
}
