package dev.tenon.sdk;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import dev.tenon.transport.Bootstrap;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * Enrols again with a further start document, which brings a fresh enrolment token: the way back
 * when a renewal was missed, when the host's authority has changed, or, for a plugin that its host
 * did not start, when the host has come back and has another run for it. Not thread-safe: the
 * identity thread alone uses it.
 */
final class Reenrolment {
  private static final System.Logger LOG = System.getLogger(Reenrolment.class.getName());

  private final Enroller enroller;
  private final CurrentIdentity identity;
  private final Renewer renewer;
  private final HostConnections connections;
  private final Settings settings;
  private Bootstrap last;
  private @Nullable Bootstrap refused;

  /** Enrols with a start document. */
  @FunctionalInterface
  interface Enroller {
    /**
     * Returns a new identity for the run of {@code bootstrap}, with a new key.
     *
     * @throws PluginStartException if the host cannot be reached, refuses, or is not believed
     */
    Enrolled enrol(Bootstrap bootstrap) throws PluginStartException;
  }

  /** Makes what follows the enrolment with {@code first}. */
  Reenrolment(
      Bootstrap first,
      Enroller enroller,
      CurrentIdentity identity,
      Renewer renewer,
      HostConnections connections,
      Settings settings) {
    last = first;
    this.enroller = enroller;
    this.identity = identity;
    this.renewer = renewer;
    this.connections = connections;
    this.settings = settings;
  }

  /** Enrols again with {@code line}, if it is a start document of this run. Never logs it. */
  void with(byte[] line) throws InterruptedException {
    Bootstrap again;
    try {
      again = Bootstrap.parse(line);
    } catch (IllegalArgumentException e) {
      LOG.log(WARNING, "a further start document was ignored: {0}", e.getMessage());
      return;
    }
    with(again);
  }

  /**
   * Enrols again with {@code again}, if it is for this run and brings another token: a host takes a
   * token that is shown twice for a stolen one.
   */
  void with(Bootstrap again) throws InterruptedException {
    if (!again.runtimeId().equals(last.runtimeId()) || !again.hostId().equals(last.hostId())) {
      LOG.log(
          WARNING, "a further start document was ignored: for {0} (expected: {1})", again, last);
      return;
    }
    if (isSame(again, last)) {
      LOG.log(WARNING, "a further start document was ignored: its token was used before");
      return;
    }
    enrol(again);
  }

  /**
   * Enrols with {@code found}, which may be for another run of this plugin: of the same host, that
   * is reached as before and expects the plugin where it listens.
   */
  void withAnyRun(Bootstrap found) throws InterruptedException {
    if (!found.plugin().equals(last.plugin())
        || !found.hostId().equals(last.hostId())
        || !found.serverName().equals(last.serverName())
        || !found.control().equals(last.control())
        || !found.data().equals(last.data())
        || !found.listen().equals(last.listen())) {
      refused = found;
      LOG.log(
          WARNING,
          "a start document was ignored: for {0} (expected: {1}, with the same addresses)",
          found,
          last);
      return;
    }
    enrol(found);
  }

  private void enrol(Bootstrap again) throws InterruptedException {
    last = again;
    try {
      identity.replace(enroller.enrol(again).identity());
    } catch (PluginStartException e) {
      LOG.log(WARNING, "not enrolled again: {0}", e.getMessage());
      return;
    }
    LOG.log(INFO, "enrolled again: {0}", identity.now());
    renewer.restart();
    reconnect();
  }

  /** Makes the connections to the host anew, with the identity of the moment. */
  void reconnect() throws InterruptedException {
    connections.remake(settings.identityDeadline());
  }

  /** Returns whether {@code document} was looked at before, and enrolled with or ignored. */
  boolean isKnown(Bootstrap document) {
    return isSame(document, last) || (refused != null && isSame(document, refused));
  }

  static boolean isSame(Bootstrap document, Bootstrap other) {
    return MessageDigest.isEqual(
        document.enrolmentToken().sha256(), other.enrolmentToken().sha256());
  }
}
