package dev.tenon.auth;

import java.security.SecureRandom;
import java.util.SplittableRandom;

/** A generator that brings the same in each run, so that interleavings can be repeated. */
public final class SteadyRandom extends SecureRandom {
  private static final long serialVersionUID = 1;

  private final transient SplittableRandom steady = new SplittableRandom(20261129);

  @Override
  public synchronized void nextBytes(byte[] bytes) {
    steady.nextBytes(bytes);
  }
}
