package dev.tenon.host;

import dev.tenon.host.control.ControlConnections;
import dev.tenon.host.control.Discoveries;
import dev.tenon.host.control.ProviderClaims;
import dev.tenon.host.control.RunHealth;
import dev.tenon.host.control.Watches;

/**
 * What the control plane does for plugins, for those that come over a wire and those that do not.
 */
record ControlParts(
    ProviderClaims claims,
    ControlConnections leases,
    Discoveries discoveries,
    Watches watches,
    RunHealth health) {}
