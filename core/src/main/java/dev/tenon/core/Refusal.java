package dev.tenon.core;

import io.grpc.Status;

/**
 * Why a request was refused, as the peer may know it: a gRPC code and one text for each. What helps
 * an operator but also an attacker (which of two reasons it was) goes to the audit log instead.
 */
public enum Refusal {
  /** No, malformed, unknown, expired or foreign credential. */
  NOT_AUTHENTICATED(Status.Code.UNAUTHENTICATED, "not authenticated"),
  /** No, malformed, unknown, expired or revoked grant, or one of another service. */
  GRANT_NOT_ACCEPTED(Status.Code.UNAUTHENTICATED, "grant not accepted"),
  /** The identity is known and the policy does not allow this, whether or not it exists. */
  NOT_ALLOWED(Status.Code.PERMISSION_DENIED, "not allowed"),
  /** A field of the request breaks its limits; the text names it. */
  INVALID_REQUEST(Status.Code.INVALID_ARGUMENT, "invalid request"),
  /** The enrolment token was redeemed by an earlier or a simultaneous attempt. */
  TOKEN_SPENT(Status.Code.ABORTED, "enrolment token already redeemed"),
  /** No protocol version in common; the text names the supported range. */
  PROTOCOL_UNSUPPORTED(Status.Code.FAILED_PRECONDITION, "protocol version not supported"),
  /** The host offers the service in a lower version than asked for; the text names both. */
  VERSION_NOT_OFFERED(Status.Code.FAILED_PRECONDITION, "version not offered"),
  /** What a plugin requires is not there, or not before it; the text names plugin and service. */
  REQUIREMENT_MISSING(Status.Code.FAILED_PRECONDITION, "requirement missing"),
  /** A plugin that was to be added, or to take another's place, did not get there; says why. */
  CHANGE_FAILED(Status.Code.FAILED_PRECONDITION, "change failed"),
  /** The caller cannot get to the provider by itself; the text says why. */
  OUT_OF_REACH(Status.Code.FAILED_PRECONDITION, "provider out of reach"),
  /** Another plugin provides this exclusive service. */
  SERVICE_TAKEN(Status.Code.ALREADY_EXISTS, "service already provided"),
  /** Unknown, or not the caller's to know. */
  NOT_FOUND(Status.Code.NOT_FOUND, "not found"),
  /** A fixed limit is reached: registrations, watches, open calls, the length of a message. */
  LIMIT_REACHED(Status.Code.RESOURCE_EXHAUSTED, "limit reached"),
  /** Asked too often; the details say when to ask again, unless that is of no use. */
  RATE_LIMITED(Status.Code.RESOURCE_EXHAUSTED, "too many requests"),
  /** Nothing is configured to provide the service. */
  NOT_PROVIDED(Status.Code.UNIMPLEMENTED, "service not provided"),
  /** Providers are configured and none can take the call now. */
  UNAVAILABLE(Status.Code.UNAVAILABLE, "service unavailable"),
  /** The random source or the audit log failed: nothing was issued or changed. */
  INTERNAL(Status.Code.INTERNAL, "internal error");

  private final Status.Code code;
  private final String text;

  Refusal(Status.Code code, String text) {
    this.code = code;
    this.text = text;
  }

  /** Returns the gRPC code. */
  public Status.Code code() {
    return code;
  }

  /** Returns the text for the peer. */
  public String text() {
    return text;
  }
}
