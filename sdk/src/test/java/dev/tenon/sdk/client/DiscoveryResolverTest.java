package dev.tenon.sdk.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What a channel is told of its endpoints. Row: CI-7. */
final class DiscoveryResolverTest {
  private final EndpointTable table =
      new EndpointTable().add("payments", ServiceEndpoint.at("tcp:127.0.0.1:1"));
  private final Deque<Runnable> lookUps = new ArrayDeque<>();
  private final List<String> told = new ArrayList<>();

  private NameResolver start(Discovery discovery) {
    NameResolver resolver =
        Objects.requireNonNull(
                DiscoveryResolver.registry(discovery, "payments", all -> all)
                    .getProviderForScheme("tenon-discovery"))
            .newNameResolver(URI.create(DiscoveryResolver.TARGET), args());
    Objects.requireNonNull(resolver).start(new Told());
    return resolver;
  }

  private NameResolver.Args args() {
    return NameResolver.Args.newBuilder()
        .setDefaultPort(443)
        .setProxyDetector(address -> null)
        .setSynchronizationContext(
            new SynchronizationContext(
                (thread, e) -> {
                  throw new AssertionError(e);
                }))
        .setServiceConfigParser(
            new NameResolver.ServiceConfigParser() {
              @Override
              public NameResolver.ConfigOrError parseServiceConfig(Map<String, ?> config) {
                return NameResolver.ConfigOrError.fromConfig(config);
              }
            })
        .setOffloadExecutor(lookUps::add)
        .build();
  }

  /** Notes the addresses, or why there are none. */
  private final class Told extends NameResolver.Listener2 {
    @Override
    public void onResult(NameResolver.ResolutionResult result) {
      told.add(
          result.getAddressesOrError().hasValue()
              ? result.getAddressesOrError().getValue().stream()
                  .map(EquivalentAddressGroup::getAddresses)
                  .toList()
                  .toString()
              : String.valueOf(result.getAddressesOrError().getStatus().getDescription()));
    }

    @Override
    public Status onResult2(NameResolver.ResolutionResult result) {
      onResult(result);
      return Status.OK;
    }

    @Override
    public void onError(Status error) {
      told.add(error.getCode() + " " + error.getDescription());
    }
  }

  /** A look-up that takes longer than the next one brings nothing old back. */
  @Test
  void endpoints_olderLookUpEndsLast_isThrownAway() {
    NameResolver resolver = start(table);
    table.replace("payments", List.of(ServiceEndpoint.at("tcp:127.0.0.1:2")));
    Runnable first = lookUps.removeFirst();

    lookUps.removeFirst().run();
    first.run();

    assertThat(told).containsExactly("[[/127.0.0.1:2]]");
    resolver.shutdown();
  }

  @Test
  void shutdown_lookUpUnderWay_nothingIsTold() {
    NameResolver resolver = start(table);

    resolver.shutdown();
    table.add("payments", ServiceEndpoint.at("tcp:127.0.0.1:2"));

    assertThat(lookUps).hasSize(1);
    lookUps.removeFirst().run();
    assertThat(told).isEmpty();
  }

  @Test
  void start_discoveryFails_callsDo() {
    NameResolver resolver =
        start(
            (service, watcher) -> {
              throw new IllegalStateException("catalogue is away");
            });

    assertThat(told).containsExactly("UNAVAILABLE discovery of payments failed");
    resolver.shutdown();
  }
}
