package dev.tenon.cli;

import dev.tenon.core.Printable;
import dev.tenon.v1.FollowAuditRequest;
import dev.tenon.v1.ReadAuditRequest;
import dev.tenon.v1.ReadAuditResponse;
import java.util.List;
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

  @Option(
      names = {"-f", "--follow"},
      description = "goes on with what comes, as lines, until it is ended or the host is")
  private boolean follow;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  AuditTail() {}

  @Override
  int run(AdminConnection host) {
    if (follow) {
      host.lasting()
          .followAudit(FollowAuditRequest.newBuilder().setMost(most).build())
          .forEachRemaining(page -> print(page.getRecordsList()));
    } else {
      ReadAuditResponse all =
          host.stub().readAudit(ReadAuditRequest.newBuilder().setMost(most).build());
      print(all, () -> print(all.getRecordsList()));
    }
    return Exit.DONE;
  }

  private void print(List<String> records) {
    records.forEach(line -> out().println(Printable.line(line)));
    out().flush();
  }
}
