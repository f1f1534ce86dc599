package dev.tenon.examples.host;

import dev.tenon.auth.config.ConfigException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints the configuration as it is in effect, so that it can be kept as a file. */
@Command(
    name = "config",
    description = "Prints the configuration in effect, with all defaults, as TOML.",
    mixinStandardHelpOptions = true)
final class Config implements Callable<Integer> {
  @Mixin private ConfigOption config;
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  Config() {}

  @Override
  public Integer call() throws ConfigException {
    spec.commandLine().getOut().print(config.read().toToml());
    return Main.DONE;
  }
}
