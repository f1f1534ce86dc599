package dev.tenon.examples.host;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.examples.host.FileArguments.RefusedFilesException;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.HostStartException;
import dev.tenon.host.PluginHost;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs the configured plugins until the process is asked to end. */
@Command(
    name = "run",
    description = "Runs the configured plugins until it is asked to end (SIGTERM, SIGINT).",
    mixinStandardHelpOptions = true)
final class Run implements Callable<Integer> {
  @Parameters(arity = "0..*", paramLabel = "FILE", description = "files that plugins may read")
  private List<String> files = List.of();

  @Mixin private ConfigOption config;
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  Run() {}

  @Override
  public Integer call() throws RefusedFilesException, ConfigException, HostStartException {
    FileArguments arguments = FileArguments.of(files);
    HostBuilder described = config.read().host(arguments.listed());
    LogOnStderr.install(Level.INFO);
    try (EndRequest end = EndRequest.ofProcess();
        PluginHost host = end.started(described::start)) {
      spec.commandLine().getOut().println(running(host));
      end.await();
    } catch (InterruptedException e) {
      // Asked to end before the host was there: what it had launched is ended.
    }
    return Main.DONE;
  }

  private static String running(PluginHost host) {
    List<String> missing =
        host.unavailable().stream().map(plugin -> plugin.name().value()).distinct().toList();
    return "running: "
        + host.plugins().size()
        + " plugins"
        + (missing.isEmpty() ? "" : "; unavailable: " + String.join(", ", missing));
  }
}
