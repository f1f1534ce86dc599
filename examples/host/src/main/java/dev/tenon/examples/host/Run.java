package dev.tenon.examples.host;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.examples.host.FileArguments.RefusedFilesException;
import dev.tenon.examples.host.v1.ListingGrpc;
import dev.tenon.examples.host.v1.LogGrpc;
import dev.tenon.host.HostStartException;
import dev.tenon.host.PluginHost;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Level;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs the configured plugins until the process is asked to end (SIGTERM, SIGINT). */
@Command(
    name = "run",
    description = "Runs the configured plugins until it is asked to end.",
    mixinStandardHelpOptions = true)
final class Run implements Callable<Integer> {
  @Parameters(arity = "0..*", paramLabel = "FILE", description = "files that plugins may read")
  private List<String> files = List.of();

  @Mixin private ConfigOption config;
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  Run() {}

  @Override
  public Integer call() throws ConfigException, HostStartException, InterruptedException {
    FileArguments arguments;
    try {
      arguments = FileArguments.of(files);
    } catch (RefusedFilesException e) {
      spec.commandLine().getErr().println(e.getMessage());
      return Main.USAGE;
    }
    LogOnStderr.install(Level.INFO);
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(asked, stopped), "tenon-stop"));
    try (PluginHost host =
        config
            .read()
            .host()
            .offers(ListingGrpc.SERVICE_NAME, new HostListing(arguments.listed()))
            .offers(LogGrpc.SERVICE_NAME, new HostLog())
            .start()) {
      spec.commandLine().getOut().println("running: " + host.plugins().size() + " plugins");
      asked.await();
    } finally {
      stopped.countDown();
    }
    return Main.DONE;
  }

  private static void end(CountDownLatch asked, CountDownLatch stopped) {
    asked.countDown();
    try {
      stopped.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
