package dev.tenon.sdk;

import io.grpc.StatusRuntimeException;
import java.security.KeyPair;

/** Asks the host for the successor of an identity. */
@FunctionalInterface
interface RenewalCall {
  /**
   * Returns the successor of {@code current}, for {@code next}. The same {@code next} again is a
   * retry after a lost answer.
   *
   * @throws StatusRuntimeException if the host does not answer or refuses
   * @throws BadAnswerException if its answer cannot be believed
   */
  LiveIdentity renew(LiveIdentity current, KeyPair next) throws BadAnswerException;
}
