package dev.tenon.host.control;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.CertificateRule;
import dev.tenon.auth.NotAuthenticatedException.Why;
import dev.tenon.core.RuntimeId;
import dev.tenon.transport.ServerRule;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Collectors;

/**
 * Decides, in the handshake of each connection from the host to a plugin's server, whether the
 * certificate that it shows may be used: its run has not ended, and the {@link CertificateRule}
 * lets it in, as it would where the plugin connects. Knows which are in use. Thread-safe.
 */
public final class ServerAdmission {
  /*
   * A connection is in `open` before its certificate is asked about, and a certificate is revoked before
   * `usersOfRefused` looks through `open`: so a connection that is made meanwhile is refused, or is
   * seen there. The keys are one for each connection, and equal nothing else.
   */
  private final ConcurrentMap<Object, Shown> open = new ConcurrentHashMap<>();
  private final PluginRuns runs;
  private final CertificateRule certificates;
  private final Refusals refusals;

  /** What the server of {@code run} proved itself with. */
  private record Shown(RuntimeId run, X509Certificate leaf) {}

  /** Who is told of servers that are refused; must be thread-safe and not block. */
  @FunctionalInterface
  public interface Refusals {
    /** Notes that a connection to the server of {@code run} was refused. */
    void refused(RuntimeId run, Why why);
  }

  /** Makes the admission of the servers of {@code runs}. */
  public ServerAdmission(PluginRuns runs, CertificateRule certificates, Refusals refusals) {
    this.runs = requireNonNull(runs, "runs");
    this.certificates = requireNonNull(certificates, "certificates");
    this.refusals = requireNonNull(refusals, "refusals");
  }

  /** Returns what is asked about the server of {@code run}. */
  public ServerRule of(RuntimeId run) {
    return chain -> admit(run, chain.get(0));
  }

  private Optional<Runnable> admit(RuntimeId run, X509Certificate leaf) {
    Object connection = new Object();
    open.put(connection, new Shown(run, leaf));
    Optional<Why> refused =
        isLiving(run) ? certificates.refusal(run.plugin(), leaf) : Optional.of(Why.UNKNOWN);
    if (refused.isPresent()) {
      open.remove(connection);
      refusals.refused(run, refused.get());
      return Optional.empty();
    }
    return Optional.of(() -> open.remove(connection));
  }

  private boolean isLiving(RuntimeId run) {
    return runs.find(run).filter(known -> !known.state().isEnd()).isPresent();
  }

  /** Returns the runs to whose servers there is a connection by a certificate refused by now. */
  public Set<RuntimeId> usersOfRefused() {
    return open.values().stream()
        .filter(shown -> certificates.refusal(shown.run().plugin(), shown.leaf()).isPresent())
        .map(Shown::run)
        .collect(Collectors.toUnmodifiableSet());
  }
}
