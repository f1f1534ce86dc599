package dev.tenon.examples.host;

import dev.tenon.auth.audit.AuditVerification;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.core.Printable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Commands about the audit log. */
@Command(
    name = "audit",
    subcommands = Audit.Verify.class,
    description = "Looks after the audit log.",
    mixinStandardHelpOptions = true)
final class Audit implements Runnable {
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the field before it runs a command
  Audit() {}

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "expected a command");
  }

  /** Checks that the records are those that were written. */
  @Command(
      name = "verify",
      description = {
        "Checks that no record was changed, cut out or cut off. Writes nothing.",
        "Exit status: 0 whole; 1 broken, or torn by a crash; 2 no such log."
      },
      mixinStandardHelpOptions = true)
  static final class Verify implements Callable<Integer> {
    @Parameters(
        arity = "0..1",
        paramLabel = "PATH",
        description = "the log's file; without it the one of the configuration")
    private @Nullable Path file;

    @Mixin private ConfigOption config;
    @Spec private CommandSpec spec;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
    Verify() {}

    @Override
    public Integer call() throws ConfigException, IOException {
      Path log = file == null ? config.read().audit() : file;
      Path folder = log.toAbsolutePath().getParent();
      if (folder == null || !Files.isDirectory(folder)) {
        throw new ParameterException(spec.commandLine(), log + ": its folder is missing");
      }
      AuditVerification found = AuditVerification.verify(log);
      if (found instanceof AuditVerification.Whole whole && whole.last() == 0) {
        throw new ParameterException(spec.commandLine(), log + ": no audit log");
      }
      spec.commandLine().getOut().println(Printable.line(found.describe()));
      return found instanceof AuditVerification.Whole ? Main.DONE : Main.FAILED;
    }
  }
}
