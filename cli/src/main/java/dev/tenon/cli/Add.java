package dev.tenon.cli;

import dev.tenon.v1.AddPluginRequest;
import dev.tenon.v1.AddPluginResponse;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Adds the plugin of a folder to a running host. */
@Command(
    name = "add",
    description = {
      "Adds the plugin of a folder to a running host, and returns when it is healthy.",
      "If it does not get there, nothing of it is left. Exit status 4 then."
    },
    mixinStandardHelpOptions = true)
final class Add extends OperatorCommand {
  @Parameters(
      index = "0",
      paramLabel = "FOLDER",
      description = "a folder below the host's plugins directory, by its path from there")
  private String folder;

  @Mixin private ReasonOption reason;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  Add() {}

  @Override
  int run(AdminConnection host) {
    AddPluginResponse added =
        host.changes()
            .addPlugin(
                AddPluginRequest.newBuilder().setFolder(folder).setReason(reason.text()).build())
            .next();
    print(added, () -> out().println("added " + added.getPlugin()));
    return Exit.DONE;
  }
}
