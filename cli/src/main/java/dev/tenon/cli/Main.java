package dev.tenon.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tenon.core.Printable;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program of an operator: its commands, and what its exit status means. */
@Command(
    name = "tenon-cli",
    description = "Asks a running host what it does, and acts on it.",
    mixinStandardHelpOptions = true,
    version = "tenon-cli 0.1.0-SNAPSHOT",
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:done",
      "1:failed",
      "2:wrong usage or input",
      "3:wrong configuration",
      "4:a plugin failed"
    })
public final class Main implements Runnable {
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the field before it runs a command
  private Main() {}

  /** Runs the command, and ends the process with its status. */
  public static void main(String[] args) {
    PrintWriter out = utf8(FileDescriptor.out);
    PrintWriter err = utf8(FileDescriptor.err);
    int status = execute(out, err, args);
    if (out.checkError() && status == Exit.DONE) {
      err.println("tenon-cli: the results could not be written");
      status = Exit.FAILED;
    }
    System.exit(status);
  }

  private static PrintWriter utf8(FileDescriptor stream) {
    return new PrintWriter(
        new OutputStreamWriter(new FileOutputStream(stream), UTF_8), /* autoFlush= */ true);
  }

  /** Runs the command that {@code args} name, and returns its exit status. */
  public static int execute(PrintWriter out, PrintWriter err, String... args) {
    CommandLine program = new CommandLine(new Main());
    Operator.addTo(program);
    return program
        .setOut(out)
        .setErr(err)
        .setExpandAtFiles(false)
        .setParameterExceptionHandler((e, unused) -> reportUsage(e))
        .setExecutionExceptionHandler((e, command, parsed) -> report(e, command))
        .execute(args);
  }

  private static int reportUsage(ParameterException e) {
    CommandLine command = e.getCommandLine();
    command
        .getErr()
        .println(command.getCommandName() + ": " + Printable.line(String.valueOf(e.getMessage())));
    command.usage(command.getErr());
    return Exit.USAGE;
  }

  private static int report(Exception e, CommandLine command) {
    String message = e.getMessage() == null ? e.toString() : e.getMessage();
    command.getErr().println(command.getCommandName() + ": " + Printable.lines(message));
    return Exit.FAILED;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "expected a command");
  }
}
