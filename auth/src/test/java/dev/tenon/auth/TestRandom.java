package dev.tenon.auth;

import java.security.ProviderException;
import java.security.SecureRandom;
import java.util.Arrays;

/** A generator that works until it is told how to fail. */
public final class TestRandom extends SecureRandom {
  private static final long serialVersionUID = 1;

  /** What the generator does. */
  public enum Mode {
    WORKS,
    THROWS,
    ZEROS,
    STUCK
  }

  private volatile Mode mode = Mode.WORKS;

  public TestRandom() {}

  public TestRandom(Mode mode) {
    this.mode = mode;
  }

  public void turn(Mode to) {
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
