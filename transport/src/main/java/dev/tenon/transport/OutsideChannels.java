package dev.tenon.transport;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.DAYS;

import io.grpc.Grpc;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.NameResolverRegistry;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelOption;
import java.util.List;

/**
 * Channels to servers that are no part of Tenon: over gRPC's own TLS and event loops, with the
 * limits of ours. Stateless.
 */
public final class OutsideChannels {
  private OutsideChannels() {}

  /**
   * Returns a builder of a channel to {@code target}, resolved by {@code names}; it stays connected
   * while nothing is called.
   *
   * @param serverName the DNS name that the certificate of each server must have, wherever {@code
   *     names} says that one is
   * @param secrets headers that must not stay in a table of HPACK (RFC 7541, section 7.1.3)
   * @throws IllegalArgumentException if {@code serverName} is not a DNS name
   */
  public static ManagedChannelBuilder<?> to(
      String target,
      TlsChannelCredentials tls,
      String serverName,
      NameResolverRegistry names,
      List<Metadata.Key<String>> secrets) {
    requireNonNull(tls, "tls");
    ManagedChannelBuilder<?> builder = Grpc.newChannelBuilder(target, tls, names);
    if (builder instanceof NettyChannelBuilder netty) {
      netty
          .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, Transport.CONNECT_TIMEOUT_MILLIS)
          .neverIndexMetadataKeys(secrets);
    }
    return builder
        .overrideAuthority(DnsNames.require(serverName))
        .maxInboundMetadataSize(Transport.MAX_METADATA_BYTES)
        .maxInboundMessageSize(Transport.MAX_MESSAGE_BYTES)
        .idleTimeout(365, DAYS) // From 30 days on, grpc-java turns it off.
        .proxyDetector(address -> null) // No environment variable reroutes us.
        .disableServiceConfigLookUp();
  }
}
