package dev.tenon.core;

import io.grpc.StatusRuntimeException;

/**
 * The grant of a call does not allow what the call asks for; thrown by {@link Grant#require}, and
 * the host ends the call with it: PERMISSION_DENIED.
 */
public final class NotGrantedException extends StatusRuntimeException {
  private static final long serialVersionUID = 1;

  NotGrantedException() {
    this(RefusalStatus.of(Refusal.NOT_ALLOWED));
  }

  private NotGrantedException(StatusRuntimeException refused) {
    super(refused.getStatus(), refused.getTrailers());
  }
}
