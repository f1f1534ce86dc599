package dev.tenon.sdk;

import dev.tenon.core.SignedGrant;
import io.grpc.Metadata;
import java.util.Set;

/**
 * The metadata that crosses no router, and so goes between no two plugins directly either: what
 * begins like the host's own, and credentials. Stateless.
 */
final class Reserved {
  private static final String HOST = "tenon-";
  private static final String PLUGIN = "x-plugin-";
  private static final Set<String> CREDENTIALS =
      Set.of("authorization", "proxy-authorization", "cookie", "set-cookie");

  private Reserved() {}

  /** Returns whether {@code headers} ask something of the host. */
  static boolean isAnyIn(Metadata headers) {
    return headers.keys().stream().anyMatch(name -> name.startsWith(HOST));
  }

  /** Takes out of {@code metadata} what is reserved. */
  static void discardAll(Metadata metadata) {
    for (String name : metadata.keys()) { // names of the moment, in a set of their own
      if (name.startsWith(HOST) || name.startsWith(PLUGIN) || CREDENTIALS.contains(name)) {
        metadata.discardAll(key(name));
      }
    }
  }

  private static Metadata.Key<?> key(String name) {
    if (name.equals(SignedGrant.HEADER.name())) {
      return SignedGrant.HEADER; // Each direct call has it.
    }
    return name.endsWith(Metadata.BINARY_HEADER_SUFFIX)
        ? Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER)
        : Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }
}
