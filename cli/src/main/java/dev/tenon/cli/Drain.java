package dev.tenon.cli;

import com.google.protobuf.Duration;
import dev.tenon.v1.DrainPluginRequest;
import dev.tenon.v1.DrainPluginResponse;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Takes a run out of service and waits for its calls. */
@Command(
    name = "drain",
    description = {
      "Takes a run out of service: no new calls; those in flight may end. The run goes on.",
      "Exit status: 1 if calls are in flight still."
    },
    mixinStandardHelpOptions = true)
final class Drain extends OperatorCommand {
  private static final int MOST_SECONDS = 30;

  @Mixin private RunParameter run;
  @Mixin private ReasonOption reason;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "how long to wait for calls in flight, 0 to 30 (${DEFAULT-VALUE})")
  private int seconds;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  Drain() {}

  @Override
  int run(AdminConnection host) {
    if (seconds < 0 || seconds > MOST_SECONDS) {
      throw usage("--wait: " + seconds + " (expected: 0 to " + MOST_SECONDS + ")");
    }
    String runtimeId = run.on(host, this);
    DrainPluginResponse done =
        host.stub(java.time.Duration.ofSeconds(seconds))
            .drainPlugin(
                DrainPluginRequest.newBuilder()
                    .setRuntimeId(runtimeId)
                    .setReason(reason.text())
                    .setWait(Duration.newBuilder().setSeconds(seconds))
                    .build());
    print(
        done,
        () -> out().println("drained " + runtimeId + ": " + done.getInFlight() + " in flight"));
    return done.getInFlight() == 0 ? Exit.DONE : Exit.FAILED;
  }
}
