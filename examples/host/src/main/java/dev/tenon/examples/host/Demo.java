package dev.tenon.examples.host;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.cli.Table;
import dev.tenon.core.PluginName;
import dev.tenon.core.Printable;
import dev.tenon.core.ServiceName;
import dev.tenon.examples.host.FileArguments.RefusedFilesException;
import dev.tenon.examples.words.v1.CountFilesRequest;
import dev.tenon.examples.words.v1.FileStatistics;
import dev.tenon.examples.words.v1.Statistics;
import dev.tenon.examples.words.v1.WordsGrpc;
import dev.tenon.host.HostStartException;
import dev.tenon.host.PluginChangeException;
import dev.tenon.host.PluginHost;
import dev.tenon.host.PluginStatus;
import dev.tenon.router.CallCount;
import io.grpc.StatusRuntimeException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Counts files with the help of three plugins, and shows what ran and who called whom: the host
 * asks {@code words}, which reads through {@code files} and keeps its results in {@code store}.
 * Beside them two runs of {@code tokens} split sentences, and two of {@code rogue} try what they
 * may not; what was refused comes from the audit file. Then {@code tokens} is replaced while it is
 * called, and one of its runs is killed.
 */
@Command(
    name = "demo",
    description = {
      "Counts FILEs with the help of three plugins, and shows who called whom.",
      "Then it replaces a plugin while that is called, and kills a run of it."
    },
    mixinStandardHelpOptions = true)
final class Demo implements Callable<Integer> {
  private static final int MAX_WAIT_SECONDS = 2;
  private static final List<String> SENTENCES =
      List.of("One run splits this.", "The next run, that.", "Who answers?", "Either: both do.");

  @Parameters(arity = "1..*", paramLabel = "FILE", description = "the files to count")
  private List<String> files;

  /** A plugin that crashed is started again, and may be well when the demo looks. */
  private final Crashes crashes = new Crashes();

  @Mixin private ConfigOption config;
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  Demo() {}

  @Override
  public Integer call() throws RefusedFilesException, ConfigException, HostStartException {
    FileArguments arguments = FileArguments.of(files);
    HostConfig configured = config.read();
    Refusals refusals = Refusals.from(configured.folders().audit());
    try (PluginHost host = configured.host(arguments.listed()).listener(crashes).start()) {
      HostEnd end = HostEnd.withProcess(host);
      try {
        int status = show(host, arguments, configured);
        spec.commandLine().getOut().println();
        refusals.print(spec.commandLine().getOut());
        printAudit(configured);
        return status;
      } finally {
        end.release();
      }
    }
  }

  private int show(PluginHost host, FileArguments arguments, HostConfig configured) {
    PrintWriter out = spec.commandLine().getOut();
    printPlugins(host.plugins(), out);
    boolean allCounted = printCounts(count(host, arguments), arguments, out);
    boolean allRefused = printSplitsAndAttempts(host, out);
    printOutlines(host, arguments, configured, out);
    printCalls(host.calls(), out);
    int status = status(host, allCounted);
    if (status != Main.DONE) {
      return status;
    }
    return allRefused && goesOn(host, configured) ? Main.DONE : Main.FAILED;
  }

  /** Returns whether calls and runs survived what was done to a plugin. */
  private boolean goesOn(PluginHost host, HostConfig configured) {
    try {
      List<String> problems =
          Exchange.show(host, configured.folders().plugins(), spec.commandLine().getOut());
      problems.forEach(this::problem);
      return problems.isEmpty();
    } catch (ConfigException | PluginChangeException | StatusRuntimeException e) {
      problem("tokens: " + e.getMessage());
      return false;
    }
  }

  /** Returns whether nothing was given to the rogue. */
  private boolean printSplitsAndAttempts(PluginHost host, PrintWriter out) {
    try {
      Tokens.split(host, SENTENCES).print(out);
      out.println();
      Rogue rogue = Rogue.unleash(host);
      if (rogue.successes() > 0) {
        problem("rogue: " + rogue.successes() + " attempts succeeded (expected: none)");
        return false;
      }
      return true;
    } catch (StatusRuntimeException e) {
      problem("tokens, rogue: " + e.getStatus().getCode() + ": " + e.getStatus().getDescription());
      return false;
    }
  }

  private void printOutlines(
      PluginHost host, FileArguments arguments, HostConfig configured, PrintWriter out) {
    if (Outlines.isOfferedBy(host)) {
      try {
        Outlines.print(host, arguments, out);
        out.println();
      } catch (StatusRuntimeException e) {
        problem("markdown: " + e.getStatus().getCode() + ": " + e.getStatus().getDescription());
      }
    } else if (configured.python().isPresent()) {
      out.println(
          "markdown: left out (expected: /usr/bin/python3 with grpc, protobuf, cryptography)");
      out.println();
    }
  }

  private void printAudit(HostConfig configured) {
    PrintWriter out = spec.commandLine().getOut();
    out.println();
    out.println("audit: " + Printable.line(configured.folders().audit().toString()));
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

  private Map<String, FileStatistics> count(PluginHost host, FileArguments arguments) {
    Map<String, FileStatistics> results = new HashMap<>();
    try {
      Iterator<FileStatistics> answers =
          host.client(WordsGrpc::newBlockingStub)
              .countFiles(CountFilesRequest.newBuilder().addAllPaths(arguments.listed()).build());
      answers.forEachRemaining(answer -> results.put(answer.getPath(), answer));
    } catch (StatusRuntimeException e) {
      problem("words: " + e.getStatus().getCode() + ": " + e.getStatus().getDescription());
    }
    return results;
  }

  private boolean printCounts(
      Map<String, FileStatistics> results, FileArguments arguments, PrintWriter out) {
    Table table = new Table("FILE", "LINES", "WORDS", "CHARACTERS", "BYTES", "UNDECODABLE");
    Statistics.Builder sum = Statistics.newBuilder();
    boolean allCounted = true;
    for (FileArguments.Named file : arguments.files()) {
      FileStatistics result = results.get(file.realPath().toString());
      if (result == null || !result.hasStatistics()) {
        allCounted = false;
        table.row(file.name(), "-", "-", "-", "-", "-");
        problem(file.name() + ": " + (result == null ? "no answer" : result.getError()));
        continue;
      }
      add(sum, result.getStatistics());
      row(table, file.name(), result.getStatistics());
    }
    if (arguments.files().size() > 1) {
      row(table, "total", sum.build());
    }
    table.print(out);
    out.println();
    return allCounted;
  }

  private int status(PluginHost host, boolean allCounted) {
    if (allCounted) {
      return Main.DONE;
    }
    if (crashes.reasons().isEmpty()) {
      awaitEndOfAny(host.plugins());
    }
    int status = Main.FAILED;
    Map<PluginName, String> reasons = crashes.reasons();
    for (PluginStatus plugin : host.plugins()) {
      if (reasons.containsKey(plugin.name())) {
        problem("plugin " + plugin.name() + ": " + reasons.get(plugin.name()));
        status = Main.PLUGIN;
      } else if (plugin.pid().stream().mapToObj(ProcessHandle::of).anyMatch(Optional::isEmpty)) {
        problem("plugin " + plugin.name() + ": its process has ended");
        status = Main.PLUGIN;
      }
    }
    return status;
  }

  /** Waits a moment: a call can fail before the end of the process behind it is known. */
  private static void awaitEndOfAny(List<PluginStatus> plugins) {
    CompletableFuture<?>[] ends =
        plugins.stream()
            .flatMap(plugin -> plugin.pid().stream().mapToObj(ProcessHandle::of))
            .map(
                process ->
                    process
                        .map(ProcessHandle::onExit)
                        .orElseGet(() -> CompletableFuture.completedFuture(null)))
            .toArray(CompletableFuture<?>[]::new);
    CompletableFuture.anyOf(ends)
        .completeOnTimeout(null, MAX_WAIT_SECONDS, TimeUnit.SECONDS)
        .join();
  }

  private void problem(String text) {
    spec.commandLine().getErr().println(Printable.line(text));
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
    List<CallCount> sorted = new ArrayList<>(calls);
    sorted.sort(
        Comparator.comparing(CallCount::caller)
            .thenComparing(CallCount::provider)
            .thenComparing(count -> count.service().value()));
    for (CallCount count : sorted) {
      table.row(count.caller(), count.provider(), count.service(), count.calls(), count.failed());
    }
    table.print(out);
  }
}
