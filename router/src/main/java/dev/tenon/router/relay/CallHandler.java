package dev.tenon.router.relay;

/**
 * What decides over each call that a front reads. It may serve several connections and loops at
 * once; each call of {@link #begin} is on the loop of the call's connection.
 */
public interface CallHandler {
  /**
   * Takes that a call has come. Now or later, and on its loop, it is forwarded, served or ended. It
   * may be ended before this returns; nothing else is told to the watch before. Throws nothing.
   *
   * @return who is told what becomes of it
   */
  CallWatch begin(WireCall call);

  /** Returns whether metadata of this name crosses the router, in either direction. */
  boolean passes(String name);
}
