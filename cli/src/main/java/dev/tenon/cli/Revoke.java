package dev.tenon.cli;

import dev.tenon.v1.RevokePluginRequest;
import dev.tenon.v1.RevokePluginResponse;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Takes back every credential of a run. */
@Command(
    name = "revoke",
    description = "Takes back every credential of a run and kills its process, at once.",
    mixinStandardHelpOptions = true)
final class Revoke extends OperatorCommand {
  @Mixin private RunParameter run;
  @Mixin private ReasonOption reason;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  Revoke() {}

  @Override
  int run(AdminConnection host) {
    String runtimeId = run.on(host, this);
    RevokePluginResponse done =
        host.stub()
            .revokePlugin(
                RevokePluginRequest.newBuilder()
                    .setRuntimeId(runtimeId)
                    .setReason(reason.text())
                    .build());
    print(done, () -> out().println("revoked " + runtimeId));
    return Exit.DONE;
  }
}
