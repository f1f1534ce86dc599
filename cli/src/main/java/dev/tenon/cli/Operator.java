package dev.tenon.cli;

import java.util.List;
import picocli.CommandLine;

/** The commands against a running host, for a program that has commands of its own beside them. */
public final class Operator {
  private Operator() {}

  /** Adds those commands to {@code program} of which it has none with the same name. */
  public static void addTo(CommandLine program) {
    for (OperatorCommand command :
        List.of(
            new ListPlugins(),
            new States(),
            new Describe(),
            new Registrations(),
            new Drain(),
            new Revoke(),
            new Withdraw(),
            new Add(),
            new Replace(),
            new Remove(),
            new Call(),
            new ExplainRunning())) {
      CommandLine line = new CommandLine(command);
      if (!program.getSubcommands().containsKey(line.getCommandName())) {
        program.addSubcommand(line);
      }
    }
    CommandLine audit = program.getSubcommands().get("audit");
    if (audit == null) {
      audit = new CommandLine(new AuditCommands());
      program.addSubcommand(audit);
    }
    audit.addSubcommand(new CommandLine(new AuditTail()));
  }
}
