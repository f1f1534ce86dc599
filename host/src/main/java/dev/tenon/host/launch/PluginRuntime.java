package dev.tenon.host.launch;

import dev.tenon.transport.Endpoint;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A way to run a plugin: as a process, inside the host, on another machine. An open interface; the
 * host treats all of them alike: bootstrap, enrolment, registration, calls.
 */
public interface PluginRuntime {
  /**
   * Starts one run and hands it its bootstrap line. Does not wait for the plugin to enrol.
   *
   * @throws LaunchException if it cannot be started; nothing is left behind then
   */
  LaunchedPlugin launch(Launch launch) throws LaunchException;

  /**
   * Returns where the host reaches the plugin, if the operator has fixed that: the plugin then runs
   * on its own, on this machine or another, and comes when it comes. Empty: the host gives each run
   * an address and waits for it.
   */
  default Optional<Endpoint> remote() {
    return Optional.empty();
  }

  /**
   * Returns the user under whom the plugin's processes run, if it is not the host's own: then no
   * other process may be the plugin, in either direction, over a Unix socket.
   */
  default OptionalInt uid() {
    return OptionalInt.empty();
  }

  /** Returns what keeps plugins of this runtime apart. */
  Isolation isolation();
}
