package dev.tenon.core;

import io.grpc.Channel;
import io.grpc.stub.AbstractStub;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What a plugin's services are made with: who they are, and clients for what they require.
 * Thread-safe.
 */
public interface PluginContext {
  /**
   * Returns the identity of this run of the plugin. A plugin that its host did not start has
   * another one after the host was started again.
   */
  SpiffeId.OfPlugin self();

  /**
   * Returns an ordinary gRPC stub whose calls go through the host's router with this plugin's
   * identity. Unary calls without a deadline get 30 s, or what {@link Plugin.Builder#clients} says.
   *
   * <pre>{@code ctx.client(LogGrpc::newBlockingStub)}</pre>
   *
   * @throws IllegalStateException if the plugin did not declare the service with {@code requires}
   *     or {@code canUse}
   */
  <S extends AbstractStub<S>> S client(Function<Channel, S> stub);

  /**
   * Tells the host how well the plugin can serve, by its own account; a plugin that tells nothing
   * is healthy. The last report counts, and is made again when the host had lost it. Returns at
   * once, also while the host cannot be reached.
   *
   * <pre>{@code ctx.reportHealth(Health.DEGRADED, "the cache is cold")}</pre>
   *
   * @param reason for the operator; empty if there is nothing to say
   * @throws IllegalArgumentException if {@code reason} is not a {@link Reason}
   */
  void reportHealth(Health health, String reason);

  /**
   * Asks the host which services this plugin may call and a provider can take calls for now, in the
   * order of their names. What it may not call is not there. Blocks for 5 s at most.
   *
   * @throws io.grpc.StatusRuntimeException if the host cannot be reached, or refuses
   */
  List<ServiceName> services();

  /**
   * Follows whether {@code service} can be called, in the versions that the plugin declared: {@code
   * told} gets how it stands now, and then how it stands after each change, one at a time, on a
   * thread on which it may block. Whoever is slow misses states between, never the last. Until the
   * watch is closed, or the plugin ends.
   *
   * <p>What follows from it is the plugin's own decision: it may serve less and say so by {@link
   * #reportHealth}, keep what it has to send until the service is back, or end.
   *
   * <pre>{@code ctx.watch(LogGrpc.SERVICE_NAME, now -> outbox.send(now == ServiceState.AVAILABLE))}
   * </pre>
   *
   * <p>The host keeps a limited number of watches of a plugin, 10 unless it is told otherwise; one
   * more is told {@link ServiceState#UNAVAILABLE} until there is room.
   *
   * @throws IllegalStateException if the plugin did not declare the service with {@code requires}
   *     or {@code canUse}
   * @throws IllegalArgumentException if {@code service} is not a {@link ServiceName}
   */
  ServiceWatch watch(String service, Consumer<ServiceState> told);
}
