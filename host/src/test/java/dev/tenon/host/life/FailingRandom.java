package dev.tenon.host.life;

import java.security.ProviderException;
import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicInteger;

/** A generator that fails once it is told to. */
final class FailingRandom extends SecureRandom {
  private static final long serialVersionUID = 1;
  private static final int NEVER = Integer.MAX_VALUE;

  private final AtomicInteger left = new AtomicInteger(NEVER);

  /** Lets so many more draws succeed, and none after them. */
  void failAfter(int draws) {
    left.set(draws);
  }

  /** Lets all succeed again. */
  void mend() {
    left.set(NEVER);
  }

  @Override
  public void nextBytes(byte[] bytes) {
    if (left.getAndUpdate(draws -> draws == NEVER || draws == 0 ? draws : draws - 1) == 0) {
      throw new ProviderException("no entropy");
    }
    super.nextBytes(bytes);
  }
}
