package dev.tenon.router;

import dev.tenon.auth.policy.Permit;
import io.grpc.Channel;

/**
 * Where a permitted call goes.
 *
 * @param provider what the audit log calls the provider: its runtime id, or {@code host}
 * @param providerName what counters call it: its plugin name, or {@code host}
 */
record Route(Permit permit, String provider, String providerName, Channel channel) {}
