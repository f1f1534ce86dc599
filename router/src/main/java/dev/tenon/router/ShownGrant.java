package dev.tenon.router;

import dev.tenon.auth.grant.LiveGrant;
import dev.tenon.core.Grant;

/**
 * The grant that a call came with: what it is in the store, and what of it the policy gives now.
 */
record ShownGrant(LiveGrant live, Grant now) {}
