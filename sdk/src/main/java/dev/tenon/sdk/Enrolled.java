package dev.tenon.sdk;

import dev.tenon.core.SpiffeId;
import java.util.Set;

/**
 * What an enrolment brought, checked.
 *
 * @param byGrant the services of the host of which each call needs a grant
 * @param direct what the host says about direct calls
 */
record Enrolled(
    SpiffeId.OfPlugin id,
    LiveIdentity identity,
    AgreedLimits limits,
    Set<String> byGrant,
    DirectTold direct) {
  Enrolled {
    byGrant = Set.copyOf(byGrant);
  }
}
