package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.audit.AuditLog;
import dev.tenon.auth.audit.AuditSettings;
import dev.tenon.core.BreakerPolicy;
import dev.tenon.core.ClientSettings;
import dev.tenon.core.EjectionPolicy;
import dev.tenon.core.GrantLimits;
import dev.tenon.core.OnBehalfOf;
import dev.tenon.core.RegistryLimits;
import dev.tenon.core.RetryPolicy;
import dev.tenon.core.Selection;
import dev.tenon.core.ServiceName;
import dev.tenon.core.TrustDomain;
import dev.tenon.registry.RegistryStore;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.TlsFloor;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** How a host is set up, apart from its plugins and policy. */
record HostSettings(
    TrustDomain trustDomain,
    Places places,
    Listen listen,
    Limits limits,
    HealthPolling polling,
    Registry registry,
    Calls calls,
    Sources sources,
    TrustSettings trust,
    GrantLimits grants,
    Duration clockTolerance,
    HostLimits hostLimits,
    RestartPolicy restart,
    List<PluginListener> listeners,
    RequiredPlugins required,
    Hosts hosts,
    Outside outside) {

  /** Who outside is told that the host is there: where probes are answered, and an orchestrator. */
  record Outside(Optional<Endpoint.Tcp> probes, Optional<Orchestrator> orchestrator) {
    static final Outside NONE = new Outside(Optional.empty(), Optional.empty());
  }

  /**
   * Other hosts: who may relay here, which files say so, if any do, where they connect (empty: a
   * Unix socket of the host's own), and where registrations are shared. Without any there is no
   * listener for them.
   */
  record Hosts(
      Optional<Endpoint> listen,
      List<HostPeer> peers,
      Optional<PeerFiles> files,
      Optional<RegistryStore> store) {
    static final Hosts NONE =
        new Hosts(Optional.empty(), List.of(), Optional.empty(), Optional.empty());

    Hosts {
      peers = List.copyOf(peers);
    }

    boolean isListening() {
      return listen.isPresent() || !peers.isEmpty();
    }
  }

  /**
   * Where files and sockets are, how the audit log is written, and what stands before it: nothing,
   * but in tests of what the host does when it cannot be written; and where plugins are that
   * administrators may bring.
   */
  record Places(
      Path state,
      Path run,
      Path audit,
      AuditSettings auditing,
      UnaryOperator<AuditLog> beforeAudit,
      List<Path> pluginFolders) {
    Places {
      pluginFolders = List.copyOf(pluginFolders);
    }
  }

  /**
   * Where the planes listen (empty: a Unix socket of the host's own), with which TLS library, and
   * from which version on.
   */
  record Listen(
      Optional<Endpoint> enrol,
      Optional<Endpoint> control,
      Optional<Endpoint> data,
      TlsProvider tls,
      TlsFloor floor) {}

  /** How long plugins may take, and how long the ends of their calls when they are cut off. */
  record Limits(Duration toEnrol, Duration toHealthy, Duration stopGrace, Duration lastWords) {
    static final Limits DEFAULT =
        new Limits(
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            Duration.ofSeconds(5),
            Duration.ofMillis(500));

    Limits withStart(Duration enrol, Duration healthy) {
      return new Limits(enrol, healthy, stopGrace, lastWords);
    }

    Limits withStopGrace(Duration grace) {
      return new Limits(toEnrol, toHealthy, grace, lastWords);
    }

    Limits withLastWords(Duration words) {
      return new Limits(toEnrol, toHealthy, stopGrace, words);
    }
  }

  /** How often plugins are asked whether they serve, and how long an answer may take. */
  record HealthPolling(Duration interval, Duration timeout) {}

  /** How many registrations and watches there may be, and how providers are chosen. */
  record Registry(RegistryLimits limits, Map<ServiceName, Selection> selections) {
    static final Registry DEFAULT = new Registry(RegistryLimits.DEFAULT, Map.of());

    Registry {
      requireNonNull(limits, "limits");
      selections = Map.copyOf(selections);
    }

    Registry with(ServiceName service, Selection selection) {
      Map<ServiceName, Selection> all = new HashMap<>(selections);
      if (all.putIfAbsent(service, requireNonNull(selection, "selection")) != null) {
        throw new IllegalArgumentException("selection: " + service + " (expected: set once)");
      }
      return new Registry(limits, all);
    }
  }

  /** Where time and secrets come from. */
  record Sources(InstantSource clock, SecureRandom random) {}

  /**
   * What calls may be, of which the plugins are told the length, and on whose behalf; and what
   * follows when they fail; and what those of the host itself have in common.
   */
  record Calls(
      int maxMessageBytes,
      OnBehalfOf.Verifier onBehalfOf,
      Failing failing,
      ClientSettings clients) {
    static final Calls DEFAULT =
        new Calls(
            Transport.MAX_MESSAGE_BYTES,
            OnBehalfOf.Verifier.NONE,
            Failing.DEFAULT,
            ClientSettings.DEFAULT);

    Calls withMaxMessageBytes(int bytes) {
      return new Calls(bytes, onBehalfOf, failing, clients);
    }

    Calls with(OnBehalfOf.Verifier verifier) {
      return new Calls(maxMessageBytes, requireNonNull(verifier, "verifier"), failing, clients);
    }

    Calls with(Failing other) {
      return new Calls(maxMessageBytes, onBehalfOf, other, clients);
    }

    Calls with(ClientSettings other) {
      return new Calls(maxMessageBytes, onBehalfOf, failing, requireNonNull(other, "clients"));
    }
  }

  /** When a provider that fails gets no calls, or others do, and which calls are made again. */
  record Failing(BreakerPolicy breaker, EjectionPolicy ejection, RetryPolicy retries) {
    static final Failing DEFAULT =
        new Failing(BreakerPolicy.DEFAULT, EjectionPolicy.DEFAULT, RetryPolicy.DEFAULT);
  }
}
