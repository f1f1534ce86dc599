package dev.tenon.router;

import dev.tenon.auth.Clocks;
import dev.tenon.auth.TokenMint;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.grant.GrantStore;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.CallLimits;
import dev.tenon.core.GrantLimits;
import dev.tenon.core.Health;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RegistryLimits;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.Selection;
import dev.tenon.core.ServiceName;
import dev.tenon.registry.LocalRegistry;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A router whose providers run in this process; for what a call may do, not for how it travels. */
final class Plane implements AutoCloseable {
  static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

  final RecordingAuditLog audit = new RecordingAuditLog();
  final LocalRegistry registry;
  final EchoProvider words = new EchoProvider();
  final GrantStore grants =
      new GrantStore(
          new TokenMint(new SecureRandom()),
          new Clocks(InstantSource.system(), System::nanoTime),
          GrantLimits.DEFAULT);
  final Map<RuntimeId, Channel> backends = new ConcurrentHashMap<>();
  final Router router;
  private final List<Server> servers = new ArrayList<>();
  private final List<ManagedChannel> channels = new ArrayList<>();
  private final HostServices hostServices;
  private volatile Policy policy;

  /** What a call of a service without a provider waits for; it is refused while there is none. */
  volatile @Nullable CompletableFuture<?> starting;

  Plane() {
    this(HostServices.builder().start());
  }

  Plane(CallLimits limits) {
    this(HostServices.builder().start(), limits);
  }

  Plane(HostServices hostServices) {
    this(hostServices, CallLimits.DEFAULT);
  }

  private Plane(HostServices hostServices, CallLimits limits) {
    this(hostServices, Map.of(), builder -> builder.limits(limits));
  }

  /** Makes one that chooses by {@code selections}, with a router of which more is set. */
  Plane(Map<ServiceName, Selection> selections, UnaryOperator<RouterBuilder> more) {
    this(HostServices.builder().start(), selections, more);
  }

  private Plane(
      HostServices hostServices,
      Map<ServiceName, Selection> selections,
      UnaryOperator<RouterBuilder> more) {
    this.hostServices = hostServices;
    this.registry =
        ServiceRegistry.inMemory(RegistryLimits.DEFAULT, selections, new SecureRandom());
    this.policy = parse(Names.POLICY);
    this.router =
        more.apply(
                Router.builder()
                    .policy(() -> policy)
                    .registry(registry)
                    .hostServices(hostServices)
                    .backends((provider, caller) -> Optional.ofNullable(backends.get(provider)))
                    .onDemand((service, most) -> Optional.ofNullable(starting))
                    .grants(grants)
                    .audit(audit)
                    .clock(InstantSource.fixed(NOW)))
            .build();
    grants.whenEnded(router::endUnder);
    provide(Names.WORDS, Names.ECHO, words);
  }

  private static Policy parse(String toml) {
    try {
      return Policy.parse(toml);
    } catch (ConfigException e) {
      throw new AssertionError(e);
    }
  }

  /** Puts another policy into force. */
  void policy(String toml) {
    policy(parse(toml));
  }

  void policy(Policy another) {
    policy = another;
  }

  Policy policy() {
    return policy;
  }

  /** Starts a provider in this process and makes it known and healthy. */
  void provide(RuntimeId run, ServiceName service, BindableService provider) {
    String name = InProcessServerBuilder.generateName();
    try {
      servers.add(InProcessServerBuilder.forName(name).addService(provider).build().start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ManagedChannel channel = InProcessChannelBuilder.forName(name).directExecutor().build();
    channels.add(channel);
    backends.put(run, channel);
    register(run, service);
    registry.reportHealth(run, Health.HEALTHY);
  }

  void register(RuntimeId run, ServiceName service) {
    try {
      registry.register(Names.claim(run, service));
    } catch (RefusedException e) {
      throw new AssertionError(e);
    }
  }

  /** Returns the channel of {@code caller}, with headers that name and value alternate in. */
  Channel channel(RuntimeId caller, String... headers) {
    return with(router.channel(Names.identity(caller)), headers);
  }

  static Channel with(Channel channel, String... headers) {
    Metadata metadata = new Metadata();
    for (int i = 0; i < headers.length; i += 2) {
      metadata.put(Metadata.Key.of(headers[i], Metadata.ASCII_STRING_MARSHALLER), headers[i + 1]);
    }
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(metadata));
  }

  static EchoResponse call(Channel channel) {
    return EchoGrpc.newBlockingStub(channel).unary(EchoRequest.getDefaultInstance());
  }

  /** Calls an arbitrary path with an Echo request. */
  static EchoResponse call(Channel channel, String fullMethodName) {
    return ClientCalls.blockingUnaryCall(
        channel,
        EchoGrpc.getUnaryMethod().toBuilder().setFullMethodName(fullMethodName).build(),
        CallOptions.DEFAULT,
        EchoRequest.getDefaultInstance());
  }

  /** Returns how the call of {@code fullMethodName} is refused. */
  static StatusRuntimeException refusal(Channel channel, String fullMethodName) {
    try {
      throw new AssertionError("answered: " + call(channel, fullMethodName));
    } catch (StatusRuntimeException e) {
      return e;
    }
  }

  /** Ends all providers as a crash does. */
  void crash() {
    servers.forEach(Server::shutdownNow);
  }

  @Override
  public void close() {
    router.close();
    hostServices.close();
    channels.forEach(ManagedChannel::shutdownNow);
    servers.forEach(Server::shutdownNow);
  }
}
