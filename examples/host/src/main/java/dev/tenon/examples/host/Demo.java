package dev.tenon.examples.host;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.core.ServiceName;
import dev.tenon.examples.host.FileArguments.RefusedFilesException;
import dev.tenon.examples.host.v1.ListingGrpc;
import dev.tenon.examples.host.v1.LogGrpc;
import dev.tenon.examples.words.v1.CountFilesRequest;
import dev.tenon.examples.words.v1.FileStatistics;
import dev.tenon.examples.words.v1.Statistics;
import dev.tenon.examples.words.v1.WordsGrpc;
import dev.tenon.host.HostStartException;
import dev.tenon.host.PluginHost;
import dev.tenon.host.PluginStatus;
import dev.tenon.router.CallCount;
import io.grpc.StatusRuntimeException;
import java.io.PrintWriter;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Counts files with the help of three plugins, and shows what ran and who called whom: the host
 * asks {@code words}, which reads through {@code files} and keeps its results in {@code store}.
 */
@Command(
    name = "demo",
    description = "Counts FILEs with the help of three plugins, and shows who called whom.",
    mixinStandardHelpOptions = true)
final class Demo implements Callable<Integer> {
  @Parameters(arity = "1..*", paramLabel = "FILE", description = "the files to count")
  private List<String> files;

  @Mixin private ConfigOption config;
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  Demo() {}

  @Override
  public Integer call() throws ConfigException, HostStartException {
    FileArguments arguments;
    try {
      arguments = FileArguments.of(files);
    } catch (RefusedFilesException e) {
      spec.commandLine().getErr().println(e.getMessage());
      return Main.USAGE;
    }
    PrintWriter out = spec.commandLine().getOut();
    HostConfig configured = config.read();
    try (PluginHost host =
        configured
            .host()
            .offers(ListingGrpc.SERVICE_NAME, new HostListing(arguments.listed()))
            .offers(LogGrpc.SERVICE_NAME, new HostLog())
            .start()) {
      printPlugins(host.plugins(), out);
      boolean allCounted = count(host, arguments, out);
      printCalls(host.calls(), out);
      out.println();
      out.println("audit: " + configured.auditFile());
      return allCounted ? Main.DONE : Main.FAILED;
    } finally {
      out.flush();
    }
  }

  private static void printPlugins(List<PluginStatus> plugins, PrintWriter out) {
    Table table = new Table("PLUGIN", "RUNTIME ID", "PID", "ISOLATION", "STATE", "SERVICES");
    for (PluginStatus plugin : plugins) {
      table.row(
          plugin.name(),
          plugin.runtimeId(),
          plugin.pid().isPresent() ? plugin.pid().getAsLong() : "-",
          plugin.isolation(),
          plugin.state().label(),
          plugin.services().stream().map(ServiceName::value).collect(Collectors.joining(", ")));
    }
    table.print(out);
    out.println();
    out.flush();
  }

  private boolean count(PluginHost host, FileArguments arguments, PrintWriter out) {
    Map<String, FileStatistics> results = new HashMap<>();
    try {
      Iterator<FileStatistics> answers =
          host.client(WordsGrpc::newBlockingStub)
              .countFiles(CountFilesRequest.newBuilder().addAllPaths(arguments.listed()).build());
      answers.forEachRemaining(answer -> results.put(answer.getPath(), answer));
    } catch (StatusRuntimeException e) {
      spec.commandLine()
          .getErr()
          .println("words: " + e.getStatus().getCode() + ": " + e.getStatus().getDescription());
    }
    Table table = new Table("FILE", "LINES", "WORDS", "CHARACTERS", "BYTES", "UNDECODABLE");
    Statistics.Builder sum = Statistics.newBuilder();
    boolean allCounted = true;
    for (Map.Entry<String, java.nio.file.Path> file : arguments.realPaths().entrySet()) {
      FileStatistics result = results.get(file.getValue().toString());
      if (result == null || !result.hasStatistics()) {
        allCounted = false;
        table.row(file.getKey(), "-", "-", "-", "-", "-");
        String why = result == null ? "no answer" : result.getError();
        spec.commandLine().getErr().println(file.getKey() + ": " + why);
        continue;
      }
      add(sum, result.getStatistics());
      row(table, file.getKey(), result.getStatistics());
    }
    if (arguments.realPaths().size() > 1) {
      row(table, "total", sum.build());
    }
    table.print(out);
    out.println();
    return allCounted;
  }

  private static void row(Table table, String name, Statistics counts) {
    table.row(
        name,
        counts.getLines(),
        counts.getWords(),
        counts.getCharacters(),
        counts.getBytes(),
        counts.getUndecodableBytes());
  }

  private static void add(Statistics.Builder sum, Statistics counts) {
    sum.setLines(sum.getLines() + counts.getLines())
        .setWords(sum.getWords() + counts.getWords())
        .setCharacters(sum.getCharacters() + counts.getCharacters())
        .setBytes(sum.getBytes() + counts.getBytes())
        .setUndecodableBytes(sum.getUndecodableBytes() + counts.getUndecodableBytes());
  }

  private static void printCalls(List<CallCount> calls, PrintWriter out) {
    Table table = new Table("CALLER", "PROVIDER", "SERVICE", "CALLS", "FAILED");
    for (CallCount count : calls) {
      table.row(count.caller(), count.provider(), count.service(), count.calls(), count.failed());
    }
    table.print(out);
  }
}
