package dev.tenon.host.launch;

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

  /** Returns what keeps plugins of this runtime apart. */
  Isolation isolation();
}
