package dev.tenon.examples.host;

import dev.tenon.host.PluginHost;

/**
 * The tie of a host to its process while a command runs: a process that is asked to end (SIGTERM,
 * SIGINT) closes the host first, so that no plugin and no socket is left.
 */
final class HostEnd {
  private final Thread hook;

  private HostEnd(PluginHost host) {
    hook = new Thread(host::close, "tenon-end");
  }

  static HostEnd withProcess(PluginHost host) {
    HostEnd end = new HostEnd(host);
    Runtime.getRuntime().addShutdownHook(end.hook);
    return end;
  }

  /** Unties them; to be called while the host is still open. */
  void release() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending, and the hook closes the host.
    }
  }
}
