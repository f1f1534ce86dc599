package dev.tenon.sdk;

/** Why a grant is not accepted: for the plugin's log. The caller is told one thing for all. */
enum DirectRefusal {
  /** The host has not switched direct calls on for this plugin, or not any more. */
  OFF,
  /** There is none. */
  MISSING,
  /** It has another form, or there are two. */
  MALFORMED,
  /** It is not signed by the host. */
  SIGNATURE,
  /** It is another run's. */
  OTHER_CALLER,
  /** It is for another run of a plugin than this. */
  OTHER_PROVIDER,
  /** It is for another service. */
  OTHER_SERVICE,
  /** It is for other methods of the service. */
  OTHER_METHOD,
  /** It begins later than clocks may be apart. */
  NOT_YET,
  /** It has expired, or is to live longer than any may. */
  EXPIRED,
  /** The host has ended it. */
  ENDED
}
