package dev.tenon.sdk.client;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.ServiceWatch;
import dev.tenon.transport.Endpoint;
import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.Status;
import io.grpc.StatusOr;
import io.grpc.SynchronizationContext;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Tells a channel what a {@link Discovery} says, in the order of the selection. */
final class DiscoveryResolver extends NameResolver implements Discovery.Watcher {
  /** What a channel with a registry of {@link #registry} is asked for. */
  static final String TARGET = "tenon-discovery:///endpoints";

  private final Discovery discovery;
  private final String service;
  private final UnaryOperator<List<ServiceEndpoint>> order;
  private final Executor blocking;
  private final SynchronizationContext channel;

  /*
   * Names are looked up by `blocking`, two sets perhaps at once; what is not `latest` any more when
   * the channel's own context gets it is thrown away there.
   */
  private volatile @Nullable List<ServiceEndpoint> latest;
  private volatile boolean isShut;
  private @Nullable Listener2 listener;
  private @Nullable ServiceWatch watch;

  private DiscoveryResolver(
      Discovery discovery,
      String service,
      UnaryOperator<List<ServiceEndpoint>> order,
      NameResolver.Args args) {
    this.discovery = discovery;
    this.service = service;
    this.order = order;
    this.blocking = requireNonNull(args.getOffloadExecutor(), "offload executor");
    this.channel = args.getSynchronizationContext();
  }

  /** Returns a registry for one channel, which knows {@link #TARGET} alone. */
  static NameResolverRegistry registry(
      Discovery discovery, String service, UnaryOperator<List<ServiceEndpoint>> order) {
    NameResolverRegistry registry = new NameResolverRegistry();
    registry.register(
        new NameResolverProvider() {
          @Override
          protected boolean isAvailable() {
            return true;
          }

          @Override
          protected int priority() {
            return 5; // gRPC's own middle; there is nothing beside it.
          }

          @Override
          public String getDefaultScheme() {
            return "tenon-discovery";
          }

          @Override
          public NameResolver newNameResolver(URI target, Args args) {
            return new DiscoveryResolver(discovery, service, order, args);
          }
        });
    return registry;
  }

  /** Of no use: the channel has the server's name. */
  @Override
  public String getServiceAuthority() {
    return service;
  }

  @Override
  public void start(Listener2 channelListener) {
    listener = channelListener;
    try {
      watch = discovery.watch(service, this);
    } catch (RuntimeException e) {
      channelListener.onError(
          Status.UNAVAILABLE.withDescription("discovery of " + service + " failed").withCause(e));
    }
  }

  @Override
  public void endpoints(List<ServiceEndpoint> all) {
    latest = List.copyOf(all);
    refresh();
  }

  /** The channel asks when a connection has ended: lots are drawn anew. */
  @Override
  public void refresh() {
    List<ServiceEndpoint> all = latest;
    if (all != null && !isShut) {
      blocking.execute(
          () -> {
            StatusOr<List<EquivalentAddressGroup>> found = lookUp(order.apply(all));
            channel.execute(() -> deliver(all, found));
          });
    }
  }

  private void deliver(List<ServiceEndpoint> looked, StatusOr<List<EquivalentAddressGroup>> found) {
    if (looked == latest && !isShut) {
      var unused =
          requireNonNull(listener, "listener")
              .onResult2(ResolutionResult.newBuilder().setAddressesOrError(found).build());
    }
  }

  /** Leaves out what has no address at this moment, unless that is all. */
  private StatusOr<List<EquivalentAddressGroup>> lookUp(List<ServiceEndpoint> endpoints) {
    List<EquivalentAddressGroup> found = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (ServiceEndpoint endpoint : endpoints) {
      Endpoint.Tcp tcp = endpoint.tcp();
      try {
        found.add(
            new EquivalentAddressGroup(
                Arrays.stream(InetAddress.getAllByName(tcp.host()))
                    .map(address -> (SocketAddress) new InetSocketAddress(address, tcp.port()))
                    .toList()));
      } catch (UnknownHostException e) {
        missing.add(tcp.host());
      }
    }
    return found.isEmpty() ? StatusOr.fromStatus(none(missing)) : StatusOr.fromValue(found);
  }

  private Status none(List<String> missing) {
    return Status.UNAVAILABLE.withDescription(
        missing.isEmpty()
            ? "endpoints of " + service + ": none (expected: at least one)"
            : "endpoints of " + service + ": no address of " + String.join(", ", missing));
  }

  @Override
  public void shutdown() {
    isShut = true;
    ServiceWatch open = watch;
    if (open != null) {
      open.close();
    }
  }
}
