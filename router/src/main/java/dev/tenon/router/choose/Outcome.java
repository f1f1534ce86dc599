package dev.tenon.router.choose;

import dev.tenon.core.EjectionPolicy;
import io.grpc.Status;
import java.time.Duration;

/** What the end of a call says about its provider. */
public enum Outcome {
  /** It answered, with whatever status; UNAVAILABLE after it had begun to is one. */
  ANSWERED,
  /** It said nothing but that it is unavailable, or could not be reached, or was lost. */
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
   * @param by who ended it
   * @param isAnswered whether there was any sign of an answer before
   * @param took for how long the provider had the call
   */
  public static Outcome of(Status status, EndedBy by, boolean isAnswered, Duration took) {
    boolean isUnavailable = status.getCode() == Status.Code.UNAVAILABLE;
    return switch (by) {
      case PROVIDER -> isUnavailable && !isAnswered ? FAILED : ANSWERED;
      case CONNECTION -> isUnavailable ? FAILED : BROKEN;
      case OUR_SIDE -> isAnswered || took.compareTo(EjectionPolicy.SILENCE) < 0 ? NOTHING : BROKEN;
    };
  }

  /** Who ended a call. */
  public enum EndedBy {
    /** The provider, by its status. */
    PROVIDER,
    /** The connection to it, or what it did on that beside a status. */
    CONNECTION,
    /** The caller, its deadline, or the router. */
    OUR_SIDE
  }
}
