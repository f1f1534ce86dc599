package dev.tenon.testing.attack;

import java.security.ProviderException;
import java.security.SecureRandom;
import java.util.Arrays;

/** A generator that works until it is told how to fail. */
final class TestRandom extends SecureRandom {
  private static final long serialVersionUID = 1;

  /** What the generator does. */
  enum Mode {
    WORKS,
    THROWS,
    ZEROS,
    STUCK
  }

  private volatile Mode mode = Mode.WORKS;

  void turn(Mode to) {
    mode = to;
  }

  @Override
  public void nextBytes(byte[] bytes) {
    switch (mode) {
      case WORKS -> super.nextBytes(bytes);
      case THROWS -> throw new ProviderException("no entropy");
      case ZEROS -> Arrays.fill(bytes, (byte) 0);
      case STUCK -> Arrays.fill(bytes, (byte) 7);
    }
  }
}
