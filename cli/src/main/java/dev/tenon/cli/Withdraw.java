package dev.tenon.cli;

import dev.tenon.core.Printable;
import dev.tenon.v1.WithdrawRightRequest;
import dev.tenon.v1.WithdrawRightResponse;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Takes from a plugin the right to provide a service. */
@Command(
    name = "withdraw",
    description =
        "Takes from a plugin the right to provide a service, and its registrations with it, until"
            + " the policy changes or the host starts again.",
    mixinStandardHelpOptions = true)
final class Withdraw extends OperatorCommand {
  @Parameters(index = "0", paramLabel = "PLUGIN", description = "the name of a plugin")
  private String plugin;

  @Parameters(index = "1", paramLabel = "SERVICE", description = "the full name of a service")
  private String service;

  @Mixin private ReasonOption reason;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  Withdraw() {}

  @Override
  int run(AdminConnection host) {
    WithdrawRightResponse done =
        host.stub()
            .withdrawRight(
                WithdrawRightRequest.newBuilder()
                    .setPlugin(plugin)
                    .setService(service)
                    .setReason(reason.text())
                    .build());
    print(done, () -> out().println(Printable.line("withdrawn " + plugin + " " + service)));
    return Exit.DONE;
  }
}
