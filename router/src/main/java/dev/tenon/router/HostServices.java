package dev.tenon.router;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.ServiceName;
import dev.tenon.core.Version;
import dev.tenon.transport.StrictMessages;
import io.grpc.BindableService;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.inprocess.AnonymousInProcessSocketAddress;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The host's own services, as a backend: behind the router like any provider, on threads of their
 * own, so that a slow service of the host holds up no relay. Thread-safe.
 *
 * <p>Services that never block may run on the threads of callers inside the host instead. Else a
 * call that finds all threads busy waits; when too many wait it ends with RESOURCE_EXHAUSTED.
 * Nothing but the router reaches them: the server inside has no name and no address.
 */
public final class HostServices implements AutoCloseable {
  private final Map<ServiceName, Version> versions;
  private final Set<ServiceName> byGrant;
  private final Set<ServiceName> duringCalls;
  private final CallbackHandlers callbacks = new CallbackHandlers();
  private final ServiceThreads threads;
  private final Server server;
  private final ManagedChannel transport;
  private final Channel channel;
  private final DirectServices direct;
  private final Backend byChannel;
  private final Backend byThread;
  private final Set<ServiceName> nonBlocking;

  private HostServices(Builder builder) {
    versions = Map.copyOf(builder.versions);
    byGrant = Set.copyOf(builder.byGrant);
    duringCalls = Set.copyOf(builder.duringCalls);
    threads = new ServiceThreads(builder.threads, builder.maxWaiting);
    AnonymousInProcessSocketAddress address = new AnonymousInProcessSocketAddress();
    InProcessServerBuilder building =
        InProcessServerBuilder.forAddress(address)
            .executor(threads)
            .intercept(new NotGranted())
            .intercept(new RelayedCaller())
            .fallbackHandlerRegistry(callbacks);
    builder.services.forEach(service -> building.addService(StrictMessages.of(service)));
    try {
      server = building.build().start();
    } catch (IOException e) {
      throw new UncheckedIOException("in-process server", e);
    }
    transport = InProcessChannelBuilder.forAddress(address).directExecutor().build();
    channel = ClientInterceptors.intercept(transport, threads);
    direct = new DirectServices();
    direct.serve(builder.nonBlocking.values());
    nonBlocking = Set.copyOf(builder.nonBlocking.keySet());
    byChannel = new Backend.OfChannel(channel);
    byThread = new Backend.OfProcess(direct, channel);
  }

  /** Returns a builder without services. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns the names and versions of the services. */
  public Map<ServiceName, Version> versions() {
    return versions;
  }

  /** Returns the names of the services. */
  public Set<ServiceName> names() {
    return versions.keySet();
  }

  /** Returns whether each call of {@code service} needs a grant, beside the policy. */
  public boolean isByGrant(ServiceName service) {
    return byGrant.contains(service);
  }

  /** Returns whether {@code service} is there only for whom a call of the host brings it along. */
  boolean isDuringCalls(ServiceName service) {
    return duringCalls.contains(service);
  }

  CallbackHandlers callbacks() {
    return callbacks;
  }

  /** Returns what calls of {@code service} go by, or null if there is no such service. */
  @Nullable Backend backend(ServiceName service) {
    if (!versions.containsKey(service)) {
      return null;
    }
    return nonBlocking.contains(service) ? byThread : byChannel;
  }

  /** Returns the channel to all services. */
  Channel channel() {
    return channel;
  }

  /** Ends open calls with UNAVAILABLE, interrupts the services' threads, and ends them. */
  @Override
  public void close() {
    direct.close();
    transport.shutdownNow();
    server.shutdownNow();
    threads.close();
  }

  /** Collects the services. Not thread-safe. */
  public static final class Builder {
    private final Map<ServiceName, Version> versions = new LinkedHashMap<>();
    private final Set<ServiceName> byGrant = new HashSet<>();
    private final Set<ServiceName> duringCalls = new HashSet<>();
    private final List<ServerServiceDefinition> services = new ArrayList<>();
    private final Map<ServiceName, ServerServiceDefinition> nonBlocking = new LinkedHashMap<>();
    private int threads = 16;
    private int maxWaiting = 1_000;

    private Builder() {}

    /**
     * Adds a service.
     *
     * @throws IllegalArgumentException if there is one of that name already, or the name belongs to
     *     gRPC or Tenon
     */
    public Builder offer(BindableService service, Version version) {
      ServerServiceDefinition definition = service.bindService();
      add(new ServiceName(definition.getServiceDescriptor().getName()), version);
      services.add(definition);
      return this;
    }

    /**
     * Adds a service that never blocks. Its unary methods run on the threads of callers inside the
     * host, and get the very message that the caller sent; a method that waits there holds its
     * caller up, and perhaps others. From elsewhere it is called as any other service is.
     *
     * @throws IllegalArgumentException as {@link #offer}
     */
    public Builder offerNonBlocking(BindableService service, Version version) {
      offer(service, version);
      ServerServiceDefinition definition = services.get(services.size() - 1);
      nonBlocking.put(new ServiceName(definition.getServiceDescriptor().getName()), definition);
      return this;
    }

    private void add(ServiceName name, Version version) {
      requireNonNull(version, "version");
      if (name.isReserved()) {
        throw new IllegalArgumentException(
            "service: " + name + " (expected: not a service of gRPC or Tenon)");
      }
      if (versions.putIfAbsent(name, version) != null) {
        throw new IllegalArgumentException("service: " + name + " twice (expected: once)");
      }
    }

    /**
     * Adds a service each call of which needs a grant.
     *
     * @throws IllegalArgumentException as {@link #offer}
     */
    public Builder offerByGrant(BindableService service, Version version) {
      offer(service, version);
      byGrant.add(new ServiceName(service.bindService().getServiceDescriptor().getName()));
      return this;
    }

    /**
     * Adds a service that calls of the host bring along by a {@link CallbackOffer}, for their
     * providers to call it back until they end.
     *
     * @throws IllegalArgumentException as {@link #offer}
     */
    public Builder offerDuringCalls(ServiceName service, Version version) {
      add(service, version);
      byGrant.add(service);
      duringCalls.add(service);
      return this;
    }

    /**
     * Sets how many calls the services handle at a time; 16 unless set.
     *
     * @throws IllegalArgumentException if it is not positive
     */
    public Builder threads(int threads) {
      this.threads = positive("threads", threads);
      return this;
    }

    /**
     * Sets how many calls may wait for a thread; 1,000 unless set.
     *
     * @throws IllegalArgumentException if it is not positive
     */
    public Builder maxWaiting(int maxWaiting) {
      this.maxWaiting = positive("maxWaiting", maxWaiting);
      return this;
    }

    private static int positive(String name, int value) {
      if (value < 1) {
        throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
      }
      return value;
    }

    /** Starts the services. */
    public HostServices start() {
      return new HostServices(this);
    }
  }
}
