package dev.tenon.examples.host;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.cli.Operator;
import dev.tenon.core.Printable;
import dev.tenon.examples.host.FileArguments.RefusedFilesException;
import dev.tenon.host.HostStartException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.util.logging.Level;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program: its commands, and what its exit status means. */
@Command(
    name = "tenon",
    subcommands = {
      Demo.class,
      Run.class,
      Config.class,
      Ca.class,
      Explain.class,
      PolicyCommand.class,
      Audit.class,
      Probe.class
    },
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
    PrintWriter out = utf8(FileDescriptor.out);
    PrintWriter err = utf8(FileDescriptor.err);
    int status = execute(out, err, args);
    if (out.checkError() && status == DONE) {
      err.println("tenon: the results could not be written");
      status = FAILED;
    }
    System.exit(status);
  }

  /** Names of files and words of plugins are UTF-8, whatever the locale says. */
  private static PrintWriter utf8(FileDescriptor stream) {
    return new PrintWriter(
        new OutputStreamWriter(new FileOutputStream(stream), UTF_8), /* autoFlush= */ true);
  }

  static int execute(PrintWriter out, PrintWriter err, String... args) {
    CommandLine program = new CommandLine(new Main());
    Operator.addTo(program);
    return program
        .setOut(out)
        .setErr(err)
        .setExpandAtFiles(false) // a file may be called @x
        .setExecutionExceptionHandler((e, command, parsed) -> report(e, command))
        .setParameterExceptionHandler((e, unused) -> reportUsage(e))
        .execute(args);
  }

  private static int reportUsage(ParameterException e) {
    CommandLine command = e.getCommandLine();
    command
        .getErr()
        .println(command.getCommandName() + ": " + Printable.line(String.valueOf(e.getMessage())));
    command.usage(command.getErr());
    return USAGE;
  }

  private static int report(Exception e, CommandLine command) {
    String message = Printable.lines(e.getMessage() == null ? e.toString() : e.getMessage());
    if (e instanceof RefusedFilesException) {
      command.getErr().println(message);
      return USAGE;
    }
    if (e instanceof ConfigException) {
      command.getErr().println(message);
      return CONFIGURATION;
    }
    command.getErr().println(command.getCommandName() + ": " + message);
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
