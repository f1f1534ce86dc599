package dev.tenon.examples.host;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.policy.Decision;
import dev.tenon.auth.policy.Explanation;
import dev.tenon.auth.policy.Policy;
import dev.tenon.auth.policy.Rule;
import dev.tenon.cli.Table;
import dev.tenon.core.CallPath;
import dev.tenon.core.Printable;
import dev.tenon.core.ServiceName;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Tells what the configured policy says about one call, and by which rules. */
@Command(
    name = "explain",
    description = "Tells whether the policy allows a call, and by which rules.",
    mixinStandardHelpOptions = true)
final class Explain implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "CALLER", description = "a plugin, or host")
  private String caller;

  @Parameters(index = "1", paramLabel = "SERVICE", description = "the full name of a service")
  private String service;

  @Parameters(index = "2", paramLabel = "METHOD", description = "the name of a method")
  private String method;

  @Mixin private ConfigOption config;

  @Option(
      names = "--admin",
      paramLabel = "FILE",
      description = "asks a running host about the policy in force, as this administrator")
  private @Nullable Path admin;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  Explain() {}

  @Override
  public Integer call() throws ConfigException {
    if (admin != null) {
      return dev.tenon.cli.Main.execute(
          spec.commandLine().getOut(),
          spec.commandLine().getErr(),
          "explain",
          "--admin=" + admin,
          "--",
          caller,
          service,
          method);
    }
    Policy policy = Policy.load(config.read().folders().policy());
    CallPath path;
    try {
      path = new CallPath(new ServiceName(service), method);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    print(policy.explain(caller, path), spec.commandLine().getOut());
    return Main.DONE;
  }

  private static void print(Explanation why, PrintWriter out) {
    Decision decision = why.decision();
    String verdict =
        decision instanceof Decision.Allow allow
            ? "allowed: rule " + allow.rule()
            : "denied: " + ((Decision.Deny) decision).auditReason();
    out.println(Printable.line(why.caller()) + " -> " + why.path() + ": " + verdict);
    if (!why.matching().isEmpty()) {
      out.println();
      print(why.matching(), out);
    }
  }

  static void print(List<Rule> rules, PrintWriter out) {
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
    for (Rule rule : rules) {
      table.row(
          rule.id(),
          rule.effect().name().toLowerCase(Locale.ROOT),
          rule.caller(),
          rule.service(),
          rule.method(),
          rule.audit().name().toLowerCase(Locale.ROOT),
          rule.way().name().toLowerCase(Locale.ROOT),
          rule.maxDeadline().map(Duration::toString).orElse("-"),
          rule.description());
    }
    table.print(out);
  }
}
