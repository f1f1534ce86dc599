package dev.tenon.cli;

import dev.tenon.v1.ListPluginsRequest;
import dev.tenon.v1.ListPluginsResponse;
import dev.tenon.v1.PluginInfo;
import picocli.CommandLine.Command;

/** Lists the plugins of a host. */
@Command(
    name = "list",
    description = "Lists the plugins of a running host.",
    mixinStandardHelpOptions = true)
final class ListPlugins extends OperatorCommand {

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  ListPlugins() {}

  @Override
  int run(AdminConnection host) {
    ListPluginsResponse all = host.stub().listPlugins(ListPluginsRequest.getDefaultInstance());
    print(
        all,
        () -> {
          Table table =
              new Table("PLUGIN", "RUN", "STATE", "PID", "ISOLATION", "CALLS", "SERVICES");
          for (PluginInfo plugin : all.getPluginsList()) {
            table.row(
                plugin.getPlugin(),
                plugin.getRuntimeId(),
                plugin.getState(),
                plugin.getPid() == 0 ? "-" : plugin.getPid(),
                plugin.getIsolation(),
                plugin.getInFlight(),
                String.join(" ", plugin.getServicesList()));
          }
          table.print(out());
        });
    return Exit.DONE;
  }
}
