package dev.tenon.cli;

import dev.tenon.core.Printable;
import dev.tenon.v1.RemovePluginRequest;
import dev.tenon.v1.RemovePluginResponse;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Removes a plugin from a running host. */
@Command(
    name = "remove",
    description = {
      "Removes a plugin from a running host: no new calls; those in flight may end; then all of its"
          + " runs are stopped.",
      "Names the plugins that require what nobody provides any more."
    },
    mixinStandardHelpOptions = true)
final class Remove extends OperatorCommand {
  @Parameters(index = "0", paramLabel = "PLUGIN", description = "the name of a plugin")
  private String plugin;

  @Mixin private ReasonOption reason;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  Remove() {}

  @Override
  int run(AdminConnection host) {
    RemovePluginResponse removed =
        host.changes()
            .removePlugin(
                RemovePluginRequest.newBuilder().setPlugin(plugin).setReason(reason.text()).build())
            .next();
    print(
        removed,
        () -> {
          out().println(Printable.line("removed " + plugin));
          removed
              .getDependentsList()
              .forEach(name -> out().println(Printable.line("left without it: " + name)));
        });
    return Exit.DONE;
  }
}
