/**
 * Calls to services outside of Tenon, from a plugin or a host's own code: over TLS, to one of
 * several endpoints.
 *
 * <p>Supported API. What plugins provide is called by {@code ctx.client} and {@code host.client}:
 * there the host says who may call what, and chooses among providers. Whoever is called from here
 * is asked by nobody, no policy and no audit log; what a plugin may reach so is a matter of its
 * isolation.
 *
 * <pre>{@code
 * try (ServiceClient payments =
 *     ServiceClient.discovered("payments", endpoints)
 *         .serverName("payments.example")
 *         .settings(ClientSettings.DEFAULT.with(HeaderAuth.apiKey(() -> key)))
 *         .open()) {
 *   payments.client(PaymentsGrpc::newBlockingStub).pay(request);
 * }
 * }</pre>
 */
@NullMarked
package dev.tenon.sdk.client;

import org.jspecify.annotations.NullMarked;
