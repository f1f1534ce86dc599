package dev.tenon.examples.host;

import dev.tenon.auth.config.ConfigException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that names the configuration file. */
final class ConfigOption {
  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "the host's configuration; without it the example's own tenon.toml")
  private @Nullable Path file;

  HostConfig read() throws ConfigException {
    return HostConfig.read(
        file == null ? Path.of(System.getProperty("tenon.home", "."), "tenon.toml") : file);
  }
}
