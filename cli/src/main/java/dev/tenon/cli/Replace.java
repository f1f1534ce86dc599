package dev.tenon.cli;

import com.google.protobuf.Duration;
import dev.tenon.core.Printable;
import dev.tenon.v1.ReplacePluginRequest;
import dev.tenon.v1.ReplacePluginResponse;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Puts another version of a plugin in its place. */
@Command(
    name = "replace",
    description = {
      "Starts the plugin of a folder beside the one of the same name, gives it all calls once it is"
          + " healthy, and stops the old one when its calls have ended. No call fails for it.",
      "If it does not get there, the old one serves on. Exit status 4 then."
    },
    mixinStandardHelpOptions = true)
final class Replace extends OperatorCommand {
  private static final int MOST_SECONDS = 30;

  @Parameters(index = "0", paramLabel = "PLUGIN", description = "the name of a plugin")
  private String plugin;

  @Parameters(
      index = "1",
      paramLabel = "FOLDER",
      description = "a folder below the host's plugins directory, by its path from there")
  private String folder;

  @Mixin private ReasonOption reason;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "how long calls of the old one may go on, 0 to 30 (${DEFAULT-VALUE})")
  private int seconds;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  Replace() {}

  @Override
  int run(AdminConnection host) {
    if (seconds < 0 || seconds > MOST_SECONDS) {
      throw usage("--wait: " + seconds + " (expected: 0 to " + MOST_SECONDS + ")");
    }
    ReplacePluginResponse replaced =
        host.changes()
            .replacePlugin(
                ReplacePluginRequest.newBuilder()
                    .setPlugin(plugin)
                    .setFolder(folder)
                    .setReason(reason.text())
                    .setWait(Duration.newBuilder().setSeconds(seconds))
                    .build())
            .next();
    print(replaced, () -> out().println(Printable.line("replaced " + plugin)));
    return Exit.DONE;
  }
}
