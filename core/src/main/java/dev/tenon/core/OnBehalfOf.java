package dev.tenon.core;

import io.grpc.Metadata;
import java.util.Optional;

/**
 * The person or system that a plugin makes a call for, proved by a token of somebody else's, for
 * one a JWT of the operator's control plane.
 *
 * <p>A caller sends the token in {@link #HEADER}. The host has it verified, writes the subject to
 * the audit log and passes the token on to the provider. It is never the caller's own
 * authentication: the call is admitted and decided as the plugin's that makes it, and the token
 * alone opens nothing.
 */
public final class OnBehalfOf {
  /** The request header that carries the token, once at most. */
  public static final Metadata.Key<String> HEADER =
      Metadata.Key.of("tenon-on-behalf-of", Metadata.ASCII_STRING_MARSHALLER);

  /** Longest token, in bytes. */
  public static final int MAX_TOKEN_BYTES = 4096;

  private OnBehalfOf() {}

  /** Says whose token this is, and who may present it. Thread-safe. */
  @FunctionalInterface
  public interface Verifier {
    /** Accepts no token; what a host does without a verifier. */
    Verifier NONE = (caller, path, token) -> Optional.empty();

    /**
     * Returns the subject of {@code token}, if the token is good and {@code caller} may make the
     * call of {@code path} for it; empty to refuse the call. The policy has allowed the call itself
     * already. The subject is written to the audit log: it is to be a name and no secret.
     *
     * <p>Runs on the thread that routes the call, often an event loop: it must not block. Whatever
     * it throws refuses the call.
     */
    Optional<String> subject(Identity caller, CallPath path, String token);
  }
}
