package dev.tenon.sdk;

import dev.tenon.core.SpiffeId;

/** What an enrolment brought, checked. */
record Enrolled(SpiffeId.OfPlugin id, LiveIdentity identity, AgreedLimits limits) {}
