package dev.tenon.cli;

import dev.tenon.core.RuntimeId;
import dev.tenon.v1.ListPluginsRequest;
import dev.tenon.v1.PluginInfo;
import java.util.List;
import picocli.CommandLine.Parameters;

/** The run that a command is about. */
final class RunParameter {
  @Parameters(
      index = "0",
      paramLabel = "RUN",
      description = "a run, as `list` shows it; or the name of a plugin that has one run")
  private String text;

  @SuppressWarnings("NullAway.Init") // picocli sets the field before it calls
  RunParameter() {}

  /** Returns the runtime id, for which a plugin's name is looked up among those of {@code host}. */
  String on(AdminConnection host, OperatorCommand command) {
    if (isRuntimeId(text)) {
      return text;
    }
    List<String> runs =
        host.stub().listPlugins(ListPluginsRequest.getDefaultInstance()).getPluginsList().stream()
            .filter(plugin -> plugin.getPlugin().equals(text))
            .map(PluginInfo::getRuntimeId)
            .toList();
    if (runs.isEmpty()) {
      throw command.usage(text + ": no such plugin (expected: one that `list` shows)");
    }
    if (runs.size() > 1) {
      throw command.usage(
          text + ": " + runs.size() + " runs (expected: one of " + String.join(", ", runs) + ")");
    }
    return runs.get(0);
  }

  private static boolean isRuntimeId(String text) {
    try {
      return new RuntimeId(text).value().equals(text);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
