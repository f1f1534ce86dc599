package dev.tenon.registry;

import static java.util.Objects.requireNonNull;

/** A provider that was found, and whether it is the only eligible one in the asked range. */
public record Discovery(Registration registration, boolean single) {
  /** Checks for null. */
  public Discovery {
    requireNonNull(registration, "registration");
  }
}
