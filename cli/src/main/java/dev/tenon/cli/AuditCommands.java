package dev.tenon.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Commands about the audit log. */
@Command(
    name = "audit",
    description = "Looks into the audit log of a running host.",
    mixinStandardHelpOptions = true)
final class AuditCommands implements Runnable {
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the field before it runs a command
  AuditCommands() {}

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "expected a command");
  }
}
