package dev.tenon.sdk;

/** What becomes of calls that are open when the introduction ends that they were made by. */
enum OpenCalls {
  /** They end, too. */
  CUT,
  /** They may go on until the grant expires. */
  KEPT
}
