package dev.tenon.sdk;

import static java.lang.System.Logger.Level.INFO;

import dev.tenon.core.Plugin;
import dev.tenon.core.PluginContext;
import dev.tenon.core.RouterClients;
import dev.tenon.transport.Bootstrap;
import dev.tenon.transport.Door;
import dev.tenon.transport.StrictMessages;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The way from a start document to a running plugin, step by step: all or nothing. */
final class PluginStart {
  private static final System.Logger LOG = System.getLogger(PluginStart.class.getName());

  private final Plugin plugin;
  private final Bootstrap bootstrap;
  private final Settings settings;
  private final Resources resources = new Resources();
  private final Threads threads = resources.hold(new Threads());
  private final OwnHealth own = new OwnHealth();
  private final HealthService health;
  private final DrainGate gate;
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile Consumer<Enrolled> whenEnrolledAgain = again -> {};

  PluginStart(Plugin plugin, Bootstrap bootstrap, Settings settings) {
    this.plugin = plugin;
    health = new HealthService(plugin);
    gate = new DrainGate(health::end);
    this.bootstrap = bootstrap;
    this.settings = settings;
  }

  /**
   * Takes the steps.
   *
   * @throws PluginStartException if one fails; everything was released then
   * @throws InterruptedException if the thread is interrupted; everything was released then
   */
  RunningPlugin run() throws PluginStartException, InterruptedException {
    boolean started = false;
    try {
      Identities identities = steps();
      started = true;
      return new RunningPlugin(gate, threads.timer(), resources, ended, identities);
    } finally {
      if (!started) {
        resources.close();
      }
    }
  }

  /** What changes the identity of a plugin that runs. */
  record Identities(IdentityCare care, HostReturn hostReturn) {}

  private Identities steps() throws PluginStartException, InterruptedException {
    Transport transport =
        resources.hold(Transport.create(TlsProvider.preferred(), settings.clock()));
    Enrolled enrolled = enrol(transport, bootstrap);
    LOG.log(INFO, "enrolled as {0}; {1}", enrolled.id(), transport.describe());

    CurrentIdentity identity = new CurrentIdentity(enrolled.identity());
    HostChannels host = new HostChannels(transport, bootstrap, threads.calls());
    HostConnections connections =
        new HostConnections(host, identity, enrolled.limits(), threads.timer());
    resources.hold(connections::close);
    IdentityCare care = resources.hold(care(transport, host, identity, connections));
    RetryAfterRenewal retry =
        new RetryAfterRenewal(identity, care, threads.timer(), threads.calls());
    BearerToken token = new BearerToken(identity::token);
    Channel registry = ClientInterceptors.intercept(connections.control(), token, retry);
    HeldGrants grants =
        new HeldGrants(
            new GrantClient(registry, settings.clock()), threads.timer(), settings.clock());
    grants.needed(enrolled.byGrant());
    DirectServing serving =
        new DirectServing(bootstrap.hostId(), identity, settings.clock(), threads.timer());
    DirectCalls direct =
        resources.hold(
            new DirectCalls(
                new IntroductionClient(
                    registry,
                    transport,
                    identity,
                    enrolled.limits(),
                    threads.calls(),
                    settings.clock()),
                threads.timer(),
                settings.clock()));
    DirectControl control = new DirectControl(serving, direct);
    control.told(enrolled.direct());
    whenEnrolledAgain =
        again -> {
          grants.forget();
          grants.needed(again.byGrant());
          direct.forget();
          control.told(again.direct());
        };
    retry.grants(
        (service, nanos) ->
            direct.wasRefusedSince(service, nanos) || grants.refused(service, nanos));
    RegistrationLease lease = lease(connections.control(), registry);
    lease.watch();
    care.begin();
    new RequiredServices(plugin, registry, settings.discoverWait()).await();

    Channel router =
        ClientInterceptors.intercept(
            connections.data(), token, new GrantedCalls(grants), direct, retry);
    PluginContext context =
        new RouterClients(
            () -> identity.now().id(),
            plugin,
            router,
            new AskedHost(own, registry, watches(registry)));
    List<ServerServiceDefinition> services = new ProvidedServices(plugin).make(context);
    Door door = Door.OF_ONE_PEER.withUsers(uid -> bootstrap.hostUid().equals(OptionalInt.of(uid)));
    ServerBuilder<?> server =
        transport
            .server(bootstrap.listen(), serving.tls(), door)
            .addTransportFilter(serving.connections());
    serve(
        limited(server, enrolled.limits()),
        services,
        serving,
        new PluginControlService(gate, threads.timer(), care::renewForHost, this::stop, control));
    register(lease);
    own.follow(
        () -> {
          health.show(own.last().health());
          lease.reportHealth();
        });
    return new Identities(
        care,
        new HostReturn(
            connections::isOpen, care, threads.identity(), System::nanoTime, settings.hostAway()));
  }

  private ServiceWatches watches(Channel registry) {
    return resources.hold(new ServiceWatches(registry, threads.timer(), settings.retryMissing()));
  }

  private RegistrationLease lease(ManagedChannel control, Channel registry) {
    return new RegistrationLease(
        control,
        new Registrations(plugin, registry, own),
        threads.worker(),
        settings.retryMissing(),
        gate::isDraining);
  }

  private IdentityCare care(
      Transport transport,
      HostChannels host,
      CurrentIdentity identity,
      HostConnections connections) {
    Renewer renewer =
        new Renewer(
            identity,
            new RenewalOverControl(host, settings),
            threads.identity(),
            settings.clock(),
            new SecureRandom());
    Reenrolment reenrolment =
        new Reenrolment(
            bootstrap,
            again -> {
              Enrolled anew = enrol(transport, again);
              whenEnrolledAgain.accept(anew);
              return anew;
            },
            identity,
            renewer,
            connections,
            settings);
    return new IdentityCare(identity, renewer, reenrolment, threads.identity(), settings.clock());
  }

  private Enrolled enrol(Transport transport, Bootstrap document) throws PluginStartException {
    ManagedChannel channel = new HostChannels(transport, document, threads.calls()).enrol();
    try {
      return new EnrolmentStep(plugin, document, settings).enrol(channel);
    } finally {
      channel.shutdownNow();
    }
  }

  private static ServerBuilder<?> limited(ServerBuilder<?> server, AgreedLimits limits) {
    return server
        .maxInboundMessageSize(limits.maxMessageBytes())
        .maxInboundMetadataSize(limits.maxMetadataBytes());
  }

  private void serve(
      ServerBuilder<?> builder,
      List<ServerServiceDefinition> services,
      DirectServing direct,
      PluginControlService control)
      throws PluginStartException {
    HostOnly hostOnly = new HostOnly(bootstrap.hostId());
    Server server =
        builder
            .executor(threads.calls())
            .addServices(services.stream().map(service -> guarded(service, direct)).toList())
            .addService(direct.service())
            .addService(ServerInterceptors.intercept(control, hostOnly))
            .addService(ServerInterceptors.intercept(health.service(), hostOnly))
            .build();
    try {
      server.start();
    } catch (IOException e) {
      throw new PluginStartException(
          "plugin " + plugin.name() + " cannot listen on " + bootstrap.listen() + ": " + e, e);
    }
    resources.hold(() -> end(server));
  }

  private ServerServiceDefinition guarded(ServerServiceDefinition service, DirectServing direct) {
    return ServerInterceptors.interceptForward(
        StrictMessages.of(service), direct.gate(), gate, new CallerStamp(bootstrap.hostId()));
  }

  /** Ends the plugin a little before the host's patience does, to leave time for the way out. */
  private void stop(Duration grace) {
    Duration reserve = grace.dividedBy(4);
    Duration most = Duration.ofSeconds(1);
    RunningPlugin.stop(
        gate, threads.timer(), ended, grace.minus(reserve.compareTo(most) < 0 ? reserve : most));
  }

  private void end(Server server) throws InterruptedException {
    server.shutdown();
    boolean isIdle = gate.inFlight() == 0;
    if (!isIdle || !server.awaitTermination(500, TimeUnit.MILLISECONDS)) {
      server.shutdownNow();
      server.awaitTermination(1, TimeUnit.SECONDS);
    }
  }

  private void register(RegistrationLease lease) throws PluginStartException, InterruptedException {
    try {
      threads
          .work()
          .submit(
              () -> {
                lease.start();
                return true;
              })
          .get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof PluginStartException failed
          ? failed
          : new PluginStartException(
              "plugin " + plugin.name() + " could not be registered: " + e.getCause(), e);
    }
  }
}
