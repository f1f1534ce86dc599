package dev.tenon.cli;

import dev.tenon.core.Printable;
import dev.tenon.v1.ExplainRequest;
import dev.tenon.v1.ExplainResponse;
import dev.tenon.v1.RuleInfo;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Tells what the policy in force says about a call, and by which rules. */
@Command(
    name = "explain",
    description = "Tells whether the policy in force allows a call, and by which rules.",
    mixinStandardHelpOptions = true)
final class ExplainRunning extends OperatorCommand {
  @Parameters(index = "0", paramLabel = "CALLER", description = "a plugin, or host")
  private String caller;

  @Parameters(index = "1", paramLabel = "SERVICE", description = "the full name of a service")
  private String service;

  @Parameters(index = "2", paramLabel = "METHOD", description = "the name of a method")
  private String method;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  ExplainRunning() {}

  @Override
  int run(AdminConnection host) {
    ExplainResponse why =
        host.stub()
            .explain(
                ExplainRequest.newBuilder()
                    .setCaller(caller)
                    .setService(service)
                    .setMethod(method)
                    .build());
    print(why, () -> print(why));
    return Exit.DONE;
  }

  private static Duration duration(com.google.protobuf.Duration sent) {
    return Duration.ofSeconds(sent.getSeconds(), sent.getNanos());
  }

  private void print(ExplainResponse why) {
    String verdict =
        why.getAllowed() ? "allowed: rule " + why.getRule() : "denied: " + why.getReason();
    out().println(Printable.line(caller + " -> /" + service + "/" + method + ": " + verdict));
    if (why.getMatchingCount() > 0) {
      out().println();
      Table table =
          new Table(
              "RULE",
              "EFFECT",
              "CALLER",
              "SERVICE",
              "METHOD",
              "AUDIT",
              "WAY",
              "AT MOST",
              "DESCRIPTION");
      for (RuleInfo rule : why.getMatchingList()) {
        table.row(
            rule.getId(),
            rule.getEffect(),
            rule.getCaller(),
            rule.getService(),
            rule.getMethod(),
            rule.getAudit(),
            rule.getDirect() ? "direct" : "routed",
            rule.hasMaxDeadline() ? duration(rule.getMaxDeadline()).toString() : "-",
            rule.getDescription());
      }
      table.print(out());
    }
  }
}
