package dev.tenon.cli;

import dev.tenon.v1.ListPluginsRequest;
import dev.tenon.v1.ListPluginsResponse;
import dev.tenon.v1.PluginInfo;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Says where each plugin stands, in a line. */
@Command(
    name = "states",
    description = "Says where each plugin of a running host stands, and why.",
    mixinStandardHelpOptions = true)
final class States extends OperatorCommand {
  @Option(names = "--unavailable", description = "only those that cannot take calls now")
  private boolean unavailable;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  States() {}

  @Override
  int run(AdminConnection host) {
    ListPluginsResponse.Builder shown = ListPluginsResponse.newBuilder();
    host.stub().listPlugins(ListPluginsRequest.getDefaultInstance()).getPluginsList().stream()
        .filter(plugin -> !unavailable || !plugin.getAvailable())
        .forEach(shown::addPlugins);
    print(
        shown.build(),
        () -> {
          Table table = new Table("PLUGIN", "STATE", "RUN", "DETAIL");
          for (PluginInfo plugin : shown.getPluginsList()) {
            table.row(
                plugin.getPlugin(), plugin.getState(), plugin.getRuntimeId(), plugin.getDetail());
          }
          table.print(out());
        });
    return Exit.DONE;
  }
}
