package dev.tenon.transport;

/**
 * The DNS names that the certificates of hosts and plugins carry beside their SPIFFE ID, so that
 * stock gRPC stacks, which check names, can connect. Nothing resolves them.
 */
public final class Dns {
  /** What a host's certificate is called. */
  public static final String HOST = "host.tenon.internal";

  /** What a plugin's certificate is called. */
  public static final String PLUGIN = "plugin.tenon.internal";

  private Dns() {}
}
