package dev.tenon.router.relay;

import java.nio.ByteBuffer;

/** The provider's side of a call, as the caller's side sees it. For the loop of the call. */
interface Provider {
  /**
   * Takes what the caller sent, valid during the call alone.
   *
   * @return how much of it the caller may send anew already; of the rest it is told later
   */
  int send(ByteBuffer part, boolean ends);

  /** So many bytes of the answer, which had to wait, have gone to the caller. */
  void answered(int bytes);

  /** Ends the provider's side, which is to say nothing any more. Idempotent. */
  void cancel();
}
