package dev.tenon.core;

import static java.util.Objects.requireNonNull;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors.CheckedForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusException;
import java.util.function.Supplier;

/**
 * Shows a secret in a header of each call: a bearer token, or an API key. Several with headers of
 * their own make up one client. The third way to be known, a client's certificate, is none of
 * headers: Tenon's own connections always have one, and a {@code ServiceClient} takes one.
 * Immutable and thread-safe.
 *
 * <p>The secret is asked for with each call, so that it may change. Nothing shows it: no text of
 * this object, and no error. Use it on channels over TLS alone, as all of Tenon's are; a secret is
 * readable in clear on others. It is for those who ask for it: to a host, a plugin is what its
 * certificate and token say, and {@code authorization} ends there.
 */
public final class HeaderAuth implements ClientInterceptor {
  private static final Status NONE =
      Status.UNAUTHENTICATED.withDescription("no credential for this call");

  private final Metadata.Key<String> header;
  private final String prefix;
  private final Supplier<Secret> secret;

  private HeaderAuth(Metadata.Key<String> header, String prefix, Supplier<Secret> secret) {
    this.header = header;
    this.prefix = prefix;
    this.secret = secret;
  }

  /** Shows {@code token} as {@code authorization: Bearer …} (RFC 6750, section 2.1). */
  public static HeaderAuth bearer(Supplier<Secret> token) {
    return in("authorization", "Bearer ", token);
  }

  /** Shows {@code key} as {@code x-api-key}, with nothing before it. */
  public static HeaderAuth apiKey(Supplier<Secret> key) {
    return in("x-api-key", "", key);
  }

  /**
   * Shows {@code prefix} and {@code secret} in {@code header}, in place of what the call had there.
   *
   * @throws IllegalArgumentException if {@code header} is no name of a header with text, or is
   *     gRPC's or Tenon's own, or {@code prefix} is not printable ASCII
   */
  public static HeaderAuth in(String header, String prefix, Supplier<Secret> secret) {
    requireNonNull(secret, "secret");
    if (!isPrintable(prefix)) {
      throw new IllegalArgumentException("prefix: (expected: printable ASCII)");
    }
    Metadata.Key<String> key = Metadata.Key.of(header, Metadata.ASCII_STRING_MARSHALLER);
    String name = key.name();
    if (name.startsWith("grpc-") || name.startsWith("tenon-") || name.startsWith("x-plugin-")) {
      throw new IllegalArgumentException(
          "header: " + name + " (expected: none of gRPC's or Tenon's own)");
    }
    return new HeaderAuth(key, prefix, secret);
  }

  /** Returns the header that the secret is in; whoever compresses headers must not remember it. */
  public Metadata.Key<String> header() {
    return header;
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    return new CheckedForwardingClientCall<>(next.newCall(method, options)) {
      @Override
      protected void checkedStart(Listener<R> listener, Metadata headers) throws StatusException {
        headers.discardAll(header);
        headers.put(header, prefix + text());
        delegate().start(listener, headers);
      }
    };
  }

  private String text() throws StatusException {
    String text;
    try {
      text = secret.get().exposeForWire();
    } catch (RuntimeException e) {
      throw NONE.withCause(e).asException();
    }
    if (!isPrintable(text) || !text.equals(text.strip())) {
      throw NONE.asException(); // Its text must not get into an error.
    }
    return text;
  }

  private static boolean isPrintable(String text) {
    return text.chars().allMatch(c -> c >= ' ' && c <= '~');
  }

  /** Returns the header, never the secret. */
  @Override
  public String toString() {
    return "HeaderAuth[" + header.name() + ", redacted]";
  }
}
