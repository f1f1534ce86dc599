package dev.tenon.examples.host;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.host.HostStartException;
import java.util.logging.Level;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program: its commands, and what its exit status means. */
@Command(
    name = "tenon",
    subcommands = {Demo.class, Run.class},
    description = "Runs plugins as separate processes and brokers their calls.",
    mixinStandardHelpOptions = true,
    version = "tenon 0.1.0-SNAPSHOT",
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:done",
      "1:failed",
      "2:wrong usage or input",
      "3:wrong configuration",
      "4:a plugin failed"
    })
final class Main implements Runnable {
  static final int DONE = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;
  static final int CONFIGURATION = 3;
  static final int PLUGIN = 4;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the field before it runs a command
  Main() {}

  /** Runs the command, and ends the process with its status. */
  public static void main(String[] args) {
    LogOnStderr.install(Level.WARNING);
    System.exit(execute(args));
  }

  static int execute(String... args) {
    CommandLine commands = new CommandLine(new Main());
    commands.setExecutionExceptionHandler((e, command, parsed) -> report(e, command));
    return commands.execute(args);
  }

  private static int report(Exception e, CommandLine command) {
    command.getErr().println(command.getCommandName() + ": " + e.getMessage());
    if (e instanceof ConfigException) {
      return CONFIGURATION;
    }
    if (e instanceof HostStartException start) {
      return switch (start.kind()) {
        case CONFIGURATION -> CONFIGURATION;
        case PLUGIN -> PLUGIN;
        case SYSTEM -> FAILED;
      };
    }
    return FAILED;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "expected a command");
  }
}
