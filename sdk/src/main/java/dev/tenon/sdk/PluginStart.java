package dev.tenon.sdk;

import static java.lang.System.Logger.Level.INFO;

import dev.tenon.core.DefaultDeadline;
import dev.tenon.core.Plugin;
import dev.tenon.core.PluginContext;
import dev.tenon.core.RouterClients;
import dev.tenon.transport.Bootstrap;
import dev.tenon.transport.PeerRule;
import dev.tenon.transport.ServerTls;
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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** The way from a start document to a running plugin, step by step: all or nothing. */
final class PluginStart {
  private static final System.Logger LOG = System.getLogger(PluginStart.class.getName());

  private final Plugin plugin;
  private final Bootstrap bootstrap;
  private final Settings settings;
  private final Resources resources = new Resources();
  private final Threads threads = resources.hold(new Threads());
  private final DrainGate gate = new DrainGate();
  private final CountDownLatch ended = new CountDownLatch(1);

  PluginStart(Plugin plugin, Bootstrap bootstrap, Settings settings) {
    this.plugin = plugin;
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
      steps();
      started = true;
      return new RunningPlugin(gate, threads.timer(), resources, ended);
    } finally {
      if (!started) {
        resources.close();
      }
    }
  }

  private void steps() throws PluginStartException, InterruptedException {
    Transport transport = resources.hold(Transport.create(TlsProvider.preferred()));
    HostChannels host = new HostChannels(transport, bootstrap, threads.calls());
    Enrolled enrolled = enrol(host);
    LOG.log(INFO, "enrolled as {0}; {1}", enrolled.id(), transport.describe());

    CurrentIdentity identity = new CurrentIdentity(enrolled.identity());
    BearerToken token = new BearerToken(identity::token);
    ManagedChannel control = hold(host.control(identity::credentials));
    Channel registry = ClientInterceptors.intercept(control, token);
    RegistrationLease lease = lease(control, registry);
    lease.watch();
    new RequiredServices(plugin, registry, settings.discoverWait()).await();

    Channel router =
        ClientInterceptors.intercept(
            hold(host.data(identity::credentials, enrolled.limits())),
            token,
            new DefaultDeadline(settings.clientDeadline()));
    PluginContext context = new RouterClients(enrolled.id(), plugin, router);
    List<ServerServiceDefinition> services = new ProvidedServices(plugin).make(context);
    serve(transport.server(bootstrap.listen(), tls(identity)), services, enrolled.limits());
    register(lease);
    renewer(identity, new RenewalOverControl(host, enrolled.id(), settings)).plan();
  }

  private RegistrationLease lease(ManagedChannel control, Channel registry) {
    return new RegistrationLease(
        control,
        new Registrations(plugin, registry),
        threads.worker(),
        settings.retryMissing(),
        gate::isDraining);
  }

  private ServerTls tls(CurrentIdentity identity) {
    return new ServerTls(
        identity::credentials, ServerTls.ClientAuth.REQUIRED, PeerRule.exactly(bootstrap.hostId()));
  }

  private Renewer renewer(CurrentIdentity identity, RenewalCall call) {
    return new Renewer(identity, call, threads.worker(), settings.clock(), new SecureRandom());
  }

  private Enrolled enrol(HostChannels host) throws PluginStartException {
    ManagedChannel channel = host.enrol();
    try {
      return new EnrolmentStep(plugin, bootstrap, settings).enrol(channel);
    } finally {
      channel.shutdownNow();
    }
  }

  private ManagedChannel hold(ManagedChannel channel) {
    resources.hold(
        () -> {
          channel.shutdownNow();
          channel.awaitTermination(1, TimeUnit.SECONDS);
        });
    return channel;
  }

  private void serve(
      ServerBuilder<?> builder, List<ServerServiceDefinition> services, AgreedLimits limits)
      throws PluginStartException {
    Server server =
        builder
            .executor(threads.calls())
            .maxInboundMessageSize(limits.maxMessageBytes())
            .maxInboundMetadataSize(limits.maxMetadataBytes())
            .intercept(new HostOnly(bootstrap.hostId()))
            .addServices(services.stream().map(this::guarded).toList())
            .addService(new PluginControlService(gate, threads.timer(), this::stop))
            .build();
    try {
      server.start();
    } catch (IOException e) {
      throw new PluginStartException(
          "plugin " + plugin.name() + " cannot listen on " + bootstrap.listen() + ": " + e, e);
    }
    resources.hold(() -> end(server));
  }

  private ServerServiceDefinition guarded(ServerServiceDefinition service) {
    return ServerInterceptors.interceptForward(service, gate, new CallerStamp(bootstrap.hostId()));
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
