package dev.tenon.router.choose;

import dev.tenon.core.EjectionPolicy;
import io.grpc.Status;
import java.time.Duration;

/** What the end of a call says about its provider. */
public enum Outcome {
  /** It answered, with whatever status but UNAVAILABLE. */
  ANSWERED,
  /** It said that it is unavailable, or could not be reached, or its connection was lost. */
  FAILED,
  /**
   * The call broke off without a status, or got no sign of an answer for long. A caller can bring
   * that about, by what it sends or by how long it waits: it is no reason to refuse others.
   */
  BROKEN,
  /** Nothing: it never went out, or it was ended from our side in good time. */
  NOTHING;

  /**
   * Returns what it says that a call ended with {@code status}.
   *
   * @param isOurs whether the caller, its deadline or the router ended it
   * @param isFromProvider whether the provider sent the status
   * @param silence for how long the provider had the call without any sign of an answer; zero if
   *     there was one
   */
  public static Outcome of(
      Status status, boolean isOurs, boolean isFromProvider, Duration silence) {
    if (isOurs) {
      return silence.compareTo(EjectionPolicy.SILENCE) < 0 ? NOTHING : BROKEN;
    }
    if (status.getCode() == Status.Code.UNAVAILABLE) {
      return FAILED;
    }
    return isFromProvider ? ANSWERED : BROKEN;
  }
}
