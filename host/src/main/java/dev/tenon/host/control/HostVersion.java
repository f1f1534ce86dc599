package dev.tenon.host.control;

/** The version of this library, for logs and for plugins' logs. */
final class HostVersion {
  /** As the jar's manifest has it; {@code development} when run from classes. */
  public static final String TEXT = read();

  private HostVersion() {}

  private static String read() {
    String version = HostVersion.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
