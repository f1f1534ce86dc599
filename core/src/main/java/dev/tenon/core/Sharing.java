package dev.tenon.core;

/** How many plugins may provide a service at a time. */
public enum Sharing {
  /** One; a second registration is refused and the first stays undisturbed. */
  EXCLUSIVE,
  /** Any number. */
  SHARED
}
