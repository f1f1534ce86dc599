package dev.tenon.cli;

import dev.tenon.core.Printable;
import dev.tenon.v1.ReadAuditRequest;
import dev.tenon.v1.ReadAuditResponse;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Prints the end of the audit log. */
@Command(
    name = "tail",
    description = "Prints the last records of a running host's audit log, one JSON object a line.",
    mixinStandardHelpOptions = true)
final class AuditTail extends OperatorCommand {
  @Option(
      names = {"-n", "--records"},
      paramLabel = "N",
      defaultValue = "20",
      description = "how many, 1 to 1,000 (${DEFAULT-VALUE})")
  private int most;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  AuditTail() {}

  @Override
  int run(AdminConnection host) {
    ReadAuditResponse all =
        host.stub().readAudit(ReadAuditRequest.newBuilder().setMost(most).build());
    print(all, () -> all.getRecordsList().forEach(line -> out().println(Printable.line(line))));
    return Exit.DONE;
  }
}
