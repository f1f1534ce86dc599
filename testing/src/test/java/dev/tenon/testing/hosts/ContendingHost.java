package dev.tenon.testing.hosts;

import dev.tenon.core.Annotations;
import dev.tenon.core.Health;
import dev.tenon.core.PluginName;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import dev.tenon.core.TrustDomain;
import dev.tenon.core.Version;
import dev.tenon.registry.NoProviderException;
import dev.tenon.registry.Registration;
import dev.tenon.registry.SharedRegistry;
import dev.tenon.registry.etcd.EtcdHost;
import dev.tenon.registry.etcd.EtcdServer;
import dev.tenon.registry.etcd.EtcdStore;
import dev.tenon.testing.FaultProxy;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;

/**
 * A host whose plugin wants an exclusive service: it claims it whenever it can, and is asked all
 * the time whether it would serve. Its way to etcd and its clock can be made bad.
 */
final class ContendingHost implements AutoCloseable {
  static final ServiceName SERVICE = new ServiceName("acme.v1.OneOnly");

  private final String name;
  private final FaultProxy proxy;
  private final DriftingClock clock = new DriftingClock();
  private final SharedRegistry registry;
  private final RuntimeId run;
  private final Thread asking;
  private final Thread claiming;
  private volatile boolean serves;

  private ContendingHost(String name, FaultProxy proxy, TrustDomain domain, ServingHistory history)
      throws Exception {
    this.name = name;
    this.proxy = proxy;
    run = RuntimeId.of(new PluginName("only-" + name), 1);
    registry =
        EtcdHost.open(
            EtcdStore.of(EtcdHost.shortLease("http://127.0.0.1:" + proxy.port())).clock(clock),
            domain,
            name);
    registry.reportHealth(run, Health.HEALTHY);
    asking = new Thread(() -> ask(history.of(name)), "asking-" + name);
    claiming = new Thread(this::claim, "claiming-" + name);
  }

  static ContendingHost start(
      String name, EtcdServer etcd, TrustDomain domain, ServingHistory history) throws Exception {
    FaultProxy proxy = FaultProxy.to(etcd.port());
    try {
      ContendingHost host = new ContendingHost(name, proxy, domain, history);
      host.asking.start();
      host.claiming.start();
      return host;
    } catch (Exception e) {
      proxy.close();
      throw e;
    }
  }

  private void ask(ServingHistory.Answers answers) {
    while (!Thread.currentThread().isInterrupted()) {
      long question = System.nanoTime();
      serves = wouldServe();
      answers.add(serves, question, System.nanoTime());
      LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
    }
    answers.end();
  }

  private boolean wouldServe() {
    try {
      return registry.chooseOwn(SERVICE).provider().equals(run);
    } catch (NoProviderException e) {
      return false;
    }
  }

  private void claim() {
    while (!Thread.currentThread().isInterrupted()) {
      if (registry.registrations(run).isEmpty()) {
        try {
          registry.register(
              new Registration(
                  UUID.randomUUID().toString().replace("-", ""),
                  run,
                  SERVICE,
                  new Version("1.0.0"),
                  Annotations.NONE,
                  Sharing.EXCLUSIVE));
        } catch (RefusedException e) {
          // Another has it, or etcd is away: again in a moment.
        }
      }
      LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
    }
  }

  String name() {
    return name;
  }

  FaultProxy proxy() {
    return proxy;
  }

  DriftingClock clock() {
    return clock;
  }

  /** Returns whether the last answer was that it would serve. */
  boolean serves() {
    return serves;
  }

  /** Gives the service up, for whoever is first. */
  void giveUp() {
    registry.remove(run);
    registry.reportHealth(run, Health.HEALTHY);
  }

  @Override
  public void close() {
    asking.interrupt();
    claiming.interrupt();
    join(asking);
    join(claiming);
    registry.close();
    proxy.close();
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
