package dev.tenon.core;

/**
 * What serves a plugin as a process; found with {@link java.util.ServiceLoader}. The SDK brings
 * one.
 */
public interface PluginServer {
  /**
   * Serves {@code plugin} until the host shuts it down.
   *
   * @throws Exception if it cannot be served; the message says why
   */
  void serve(Plugin plugin) throws Exception;
}
