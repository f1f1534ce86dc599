package dev.tenon.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.Plugin;
import dev.tenon.core.SpiffeId;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.PluginChangeException;
import dev.tenon.host.PluginHost;
import dev.tenon.registry.etcd.EtcdServer;
import dev.tenon.registry.etcd.EtcdSettings;
import dev.tenon.registry.etcd.EtcdStore;
import dev.tenon.testservice.v1.EchoGrpc;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three hosts on one etcd, with a provider behind the third and callers behind all of them.
 *
 * <p>How long etcd is away is {@code -Dtenon.etcd.outage} (seconds; 1 in every build); what was
 * measured with 30 is in {@code docs/evidence/hosts.md}.
 */
final class HostsOnEtcdTest {
  private static final Duration OUTAGE =
      Duration.ofSeconds(Integer.getInteger("tenon.etcd.outage", 1));
  private static final Duration SOON = Duration.ofMinutes(2);
  private static final SpiffeId.OfHost[] ALL = {SomeHosts.A, SomeHosts.B, SomeHosts.C};

  @TempDir Path folder;

  private static HostBuilder host(SomeHosts hosts, SpiffeId.OfHost id) throws Exception {
    return hosts.host(
        id,
        SomeHosts.OPEN,
        List.of(ALL).stream().filter(other -> !other.equals(id)).toArray(SpiffeId.OfHost[]::new));
  }

  private static boolean add(PluginHost host, Plugin plugin) throws Exception {
    host.add(plugin);
    return true;
  }

  /**
   * Calls reach a provider behind any host. None fails while etcd is away, and what changed
   * meanwhile is known everywhere once it is back.
   */
  @Test
  void calls_etcdStoppedAndStartedAgain_noneFails() throws Exception {
    try (EtcdServer etcd = EtcdServer.start(folder);
        SomeHosts hosts =
            new SomeHosts(
                EtcdStore.of(
                    EtcdSettings.of(etcd.endpoint())
                        .lease(OUTAGE.plusSeconds(60).truncatedTo(ChronoUnit.SECONDS))))) {
      PluginHost c = hosts.start(host(hosts, SomeHosts.C).plugin(SomeHosts.echo(SomeHosts.C)));
      PluginHost b = hosts.start(host(hosts, SomeHosts.B));
      PluginHost a = hosts.start(host(hosts, SomeHosts.A));
      List<PluginHost> callers = List.of(a, b, c);
      for (PluginHost caller : callers) {
        await().atMost(SOON).until(() -> !caller.registrations().isEmpty());
        assertThat(SomeHosts.echo(caller)).endsWith(" at " + SomeHosts.C.host());
      }
      List<EveryCall> loads = new ArrayList<>();
      try {
        for (PluginHost caller : callers) {
          loads.add(
              new EveryCall(
                  caller.id().host(),
                  caller.client(EchoGrpc::newStub),
                  Duration.ofMillis(20),
                  Duration.ofMillis(500)));
        }
        loads.forEach(EveryCall::awaitNext);
        etcd.kill();
        assertThat(new CountDownLatch(1).await(OUTAGE.toMillis(), TimeUnit.MILLISECONDS)).isFalse();
        loads.forEach(EveryCall::awaitNext);
        etcd.restart();
        long back = System.nanoTime();
        await() // No host registers anything before it has found etcd again.
            .atMost(SOON)
            .pollInterval(Duration.ofMillis(50))
            .ignoreExceptionsInstanceOf(PluginChangeException.class)
            .until(() -> add(b, SomeHosts.echo(SomeHosts.B)));
        for (PluginHost caller : callers) {
          await()
              .atMost(SOON)
              .pollInterval(Duration.ofMillis(20))
              .until(() -> caller.registrations().size() == 2);
        }
        long converged = System.nanoTime();
        loads.forEach(EveryCall::awaitNext);
        System.getLogger(HostsOnEtcdTest.class.getName())
            .log(
                System.Logger.Level.INFO,
                "outage {0}, calls {1}, failed {2}, converged after {3} ms",
                OUTAGE,
                loads.stream().mapToLong(EveryCall::done).sum(),
                loads.stream().mapToLong(load -> load.failures().size()).sum(),
                TimeUnit.NANOSECONDS.toMillis(converged - back));
      } finally {
        loads.forEach(EveryCall::close);
      }
      assertThat(loads).allSatisfy(load -> assertThat(load.failures()).isEmpty());
      assertThat(SomeHosts.echo(a)).contains(" at ");
    }
  }
}
