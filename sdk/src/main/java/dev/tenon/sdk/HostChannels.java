package dev.tenon.sdk;

import dev.tenon.transport.Bootstrap;
import dev.tenon.transport.ClientTls;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.PeerRule;
import dev.tenon.transport.Transport;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The ways to the host: TLS, always, and only to the one host that the start document names. The
 * caller shuts the channels down. Thread-safe.
 */
final class HostChannels {
  /** Answers of the host about identities and registrations are far smaller. */
  static final int MAX_CONTROL_MESSAGE_BYTES = 1 << 20;

  /**
   * How long a connection may be silent before it is asked for a sign of life; the host wants it
   * asked every 10 s at most.
   */
  static final Duration KEEP_ALIVE = Duration.ofSeconds(15);

  /** How long the host may take for that sign. */
  static final Duration KEEP_ALIVE_ANSWER = Duration.ofSeconds(5);

  private final Transport transport;
  private final Bootstrap bootstrap;
  private final Executor calls;

  HostChannels(Transport transport, Bootstrap bootstrap, Executor calls) {
    this.transport = transport;
    this.bootstrap = bootstrap;
    this.calls = calls;
  }

  /** Returns a channel for one enrolment; nothing on it is ever retried. */
  ManagedChannel enrol() {
    return channel(bootstrap.enrol(), () -> Credentials.trustOnly(bootstrap.trustBundle()))
        .maxInboundMessageSize(MAX_CONTROL_MESSAGE_BYTES)
        .disableRetry()
        .build();
  }

  /** Returns a channel that never gives up an idle connection: registrations live with it. */
  ManagedChannel control(Supplier<Credentials> credentials) {
    return alive(channel(bootstrap.control(), credentials))
        .maxInboundMessageSize(MAX_CONTROL_MESSAGE_BYTES)
        .idleTimeout(Long.MAX_VALUE, TimeUnit.DAYS)
        .build();
  }

  /** Returns a channel to other plugins and the host's services, by way of the router. */
  ManagedChannel data(Supplier<Credentials> credentials, AgreedLimits limits) {
    return alive(channel(bootstrap.data(), credentials))
        .maxInboundMessageSize(limits.maxMessageBytes())
        .maxInboundMetadataSize(limits.maxMetadataBytes())
        .build();
  }

  /** Finds out that a connection is dead although nobody has closed it. */
  private static ManagedChannelBuilder<?> alive(ManagedChannelBuilder<?> channel) {
    return channel
        .keepAliveTime(KEEP_ALIVE.toSeconds(), TimeUnit.SECONDS)
        .keepAliveTimeout(KEEP_ALIVE_ANSWER.toSeconds(), TimeUnit.SECONDS)
        .keepAliveWithoutCalls(true);
  }

  private ManagedChannelBuilder<?> channel(Endpoint to, Supplier<Credentials> credentials) {
    ClientTls tls =
        new ClientTls(credentials, PeerRule.exactly(bootstrap.hostId()), bootstrap.serverName());
    return transport.channel(to, tls).executor(calls);
  }
}
