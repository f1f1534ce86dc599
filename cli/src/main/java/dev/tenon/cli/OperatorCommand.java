package dev.tenon.cli;

import com.google.protobuf.Message;
import dev.tenon.core.Printable;
import dev.tenon.transport.AdminFile;
import io.grpc.StatusRuntimeException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What all commands have in common: the connection, the form of results, and the exit status. */
abstract class OperatorCommand implements Callable<Integer> {
  @Mixin private AdminOption admin;

  @Option(names = "--json", description = "prints the result as one JSON object")
  private boolean json;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  OperatorCommand() {}

  @Override
  public final Integer call() {
    AdminFile file;
    try {
      file = admin.read();
    } catch (AdminFileException e) {
      return failed(Exit.CONFIGURATION, String.valueOf(e.getMessage()));
    }
    try (AdminConnection host = AdminConnection.open(file)) {
      return run(host);
    } catch (StatusRuntimeException e) {
      return failed(status(e), text(e, file));
    }
  }

  /**
   * Does what the command is for, and returns the exit status.
   *
   * @throws StatusRuntimeException if the host refuses, or cannot be reached
   */
  abstract int run(AdminConnection host);

  private static int status(StatusRuntimeException e) {
    return switch (e.getStatus().getCode()) {
      case INVALID_ARGUMENT, NOT_FOUND -> Exit.USAGE;
      case FAILED_PRECONDITION -> Exit.PLUGIN;
      default -> Exit.FAILED;
    };
  }

  private static String text(StatusRuntimeException e, AdminFile file) {
    return switch (e.getStatus().getCode()) {
      case UNAVAILABLE ->
          "no connection to "
              + file.control()
              + " as "
              + file.admin()
              + " (expected: a running host that takes this administrator)";
      case UNAUTHENTICATED ->
          file.admin() + " is not an administrator of this host any more, or not with this file";
      default -> e.getStatus().getCode() + ": " + e.getStatus().getDescription();
    };
  }

  /** Prints {@code problem} on stderr and returns {@code status}. */
  final int failed(int status, String problem) {
    spec.commandLine()
        .getErr()
        .println(spec.commandLine().getCommandName() + ": " + Printable.line(problem));
    return status;
  }

  /** Returns what is thrown for input that is wrong. */
  final ParameterException usage(String problem) {
    return new ParameterException(spec.commandLine(), problem);
  }

  final boolean isJson() {
    return json;
  }

  final PrintWriter out() {
    return spec.commandLine().getOut();
  }

  /** Prints {@code result}: as JSON if that was asked for, or by {@code forPeople}. */
  final void print(Message result, Runnable forPeople) {
    if (json) {
      out().println(MessageJson.of(result));
    } else {
      forPeople.run();
    }
  }
}
