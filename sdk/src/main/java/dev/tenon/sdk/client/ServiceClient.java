package dev.tenon.sdk.client;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.ClientSettings;
import dev.tenon.core.HeaderAuth;
import dev.tenon.core.ServiceState;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.OutsideChannels;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.NameResolverRegistry;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.AbstractStub;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/**
 * A client of one service outside of Tenon: finds its endpoints, connects to one with the first
 * call, always over TLS, and to another when that is gone. Thread-safe.
 */
public final class ServiceClient implements AutoCloseable {
  private final String name;
  private final ManagedChannel channel;
  private final Channel calls;
  private final Runnable monitorEnd;
  private final AtomicBoolean closed = new AtomicBoolean();

  private ServiceClient(Builder builder) {
    name = builder.name;
    channel = builder.channel();
    calls = builder.settings.around(channel);
    monitorEnd =
        builder
            .monitored
            .map(
                asked ->
                    new HealthMonitor(calls, asked.service(), asked.told()).begin(builder.pulse))
            .orElse(() -> {});
  }

  /**
   * Starts the description of a client for what {@code discovery} knows as {@code service}. Without
   * another {@linkplain Builder#serverName server name}, {@code service} is what the certificate of
   * each endpoint must have.
   */
  public static Builder discovered(String service, Discovery discovery) {
    return new Builder(service, Optional.of(discovery), "");
  }

  /**
   * Starts the description of a client for all addresses of {@code host}, by the DNS of gRPC-Java
   * ({@code dns:///}). It looks when it connects and when a connection has ended, at most every 30
   * s ({@code networkaddress.cache.ttl} says otherwise), so that a new address is used from then
   * on.
   *
   * @throws IllegalArgumentException if {@code host} is not a lower-case DNS name, or {@code port}
   *     not 1 to 65535
   */
  public static Builder dns(String host, int port) {
    return new Builder(host, Optional.empty(), "dns:///" + host + ":" + requirePort(host, port));
  }

  private static int requirePort(String host, int port) {
    return ServiceEndpoint.at(new Endpoint.Tcp(host, port).toString()).tcp().port();
  }

  /**
   * Returns an ordinary gRPC stub whose calls go to the service.
   *
   * @throws IllegalStateException if the client is closed
   */
  public <S extends AbstractStub<S>> S client(Function<Channel, S> stub) {
    if (closed.get()) {
      throw new IllegalStateException("client of " + name + ": closed (expected: open)");
    }
    return stub.apply(calls);
  }

  /** Returns the channel, for tests that end its connections. */
  ManagedChannel channel() {
    return channel;
  }

  /** Ends the connections, and open calls with UNAVAILABLE, as later ones. Idempotent. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      monitorEnd.run();
      channel.shutdownNow();
    }
  }

  @Override
  public String toString() {
    return "ServiceClient[" + name + "]";
  }

  private record Monitored(String service, Consumer<ServiceState> told) {}

  /** Collects the description of a client. Not thread-safe. */
  public static final class Builder {
    private final String name;
    private final Optional<Discovery> discovery;
    private final String dns;
    private String serverName;
    private ChannelCredentials tls = TlsChannelCredentials.create();
    private ClientSettings settings = ClientSettings.DEFAULT;
    private EndpointSelection selection = EndpointSelection.FIRST;
    private RandomGenerator random = new SecureRandom();
    private Optional<Monitored> monitored = Optional.empty();
    private HealthMonitor.Pulse pulse;

    private Builder(String name, Optional<Discovery> discovery, String dns) {
      this.name = requireNonNull(name, "name");
      this.discovery = discovery;
      this.dns = dns;
      this.serverName = name;
      this.pulse = HealthMonitor.Pulse.onThread("tenon-health-" + name);
    }

    /**
     * Sets the DNS name that the certificate of each endpoint must have, and that is asked for
     * (SNI). A discovery says where to connect, never whom to believe.
     */
    public Builder serverName(String dnsName) {
      serverName = requireNonNull(dnsName, "dnsName");
      return this;
    }

    /**
     * Sets whom the client trusts and what certificate it shows ({@link
     * TlsChannelCredentials#newBuilder}); the system's authorities and none without it. There is no
     * plaintext.
     *
     * @throws IllegalArgumentException if it is not TLS
     */
    public Builder tls(ChannelCredentials credentials) {
      if (!(requireNonNull(credentials, "credentials") instanceof TlsChannelCredentials)) {
        throw new IllegalArgumentException(
            "credentials: "
                + credentials.getClass().getSimpleName()
                + " (expected: TlsChannelCredentials)");
      }
      tls = credentials;
      return this;
    }

    /**
     * Sets interceptors, and the deadline of unary calls; {@link ClientSettings#DEFAULT} without.
     */
    public Builder settings(ClientSettings other) {
      settings = requireNonNull(other, "other");
      return this;
    }

    /** Sets to which endpoint the client connects; {@link EndpointSelection#FIRST} without it. */
    public Builder selection(EndpointSelection strategy) {
      selection = requireNonNull(strategy, "strategy");
      return this;
    }

    /** Sets where lots are drawn, by several threads; a {@link SecureRandom} without it. */
    public Builder random(RandomGenerator source) {
      random = requireNonNull(source, "source");
      return this;
    }

    /**
     * Lets the client ask whether it is served: {@code grpc.health.v1} at once, then every 30 s, 5
     * s for an answer. {@code told} gets what comes out first, and then each change; on a thread of
     * the client's, which waits for it. Without it nobody asks, and there is no such thread.
     *
     * @param service what the server is asked about; empty for all of it
     */
    public Builder monitor(String service, Consumer<ServiceState> told) {
      monitored =
          Optional.of(
              new Monitored(requireNonNull(service, "service"), requireNonNull(told, "told")));
      return this;
    }

    /** Sets what repeats the questions; for tests. */
    Builder pulse(HealthMonitor.Pulse other) {
      pulse = other;
      return this;
    }

    /**
     * Returns the client, which has not connected yet.
     *
     * @throws IllegalArgumentException if the discovery knows no such service, the server name is
     *     no lower-case DNS name, or DNS is to be selected from by weight
     */
    public ServiceClient open() {
      discovery.ifPresent(known -> known.watch(name, all -> {}).close());
      return new ServiceClient(this);
    }

    private ManagedChannel channel() {
      return discovery.map(this::to).orElseGet(this::toDns).build();
    }

    private ManagedChannelBuilder<?> to(Discovery known) {
      return to(
              DiscoveryResolver.TARGET,
              DiscoveryResolver.registry(known, name, all -> selection.order(all, random)))
          .defaultLoadBalancingPolicy(selection.policy());
    }

    private ManagedChannelBuilder<?> toDns() {
      ManagedChannelBuilder<?> builder = to(dns, NameResolverRegistry.getDefaultRegistry());
      return switch (selection) {
        case FIRST, ROUND_ROBIN -> builder.defaultLoadBalancingPolicy(selection.policy());
        case RANDOM -> builder.defaultServiceConfig(SHUFFLED);
        case WEIGHTED ->
            throw new IllegalArgumentException(
                "selection: WEIGHTED (expected: another; DNS knows no weights)");
      };
    }

    /** How gRPC's own policy is told to try addresses in any order. */
    private static final Map<String, ?> SHUFFLED =
        Map.of(
            "loadBalancingConfig",
            List.of(Map.of("pick_first", Map.of("shuffleAddressList", true))));

    private ManagedChannelBuilder<?> to(String target, NameResolverRegistry names) {
      return OutsideChannels.to(
          target, (TlsChannelCredentials) tls, serverName, names, secretHeaders());
    }

    private List<Metadata.Key<String>> secretHeaders() {
      return settings.interceptors().stream()
          .filter(HeaderAuth.class::isInstance)
          .map(interceptor -> ((HeaderAuth) interceptor).header())
          .toList();
    }
  }
}
