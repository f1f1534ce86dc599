package dev.tenon.cli;

import dev.tenon.core.Printable;
import dev.tenon.v1.DescribePluginRequest;
import dev.tenon.v1.DescribePluginResponse;
import dev.tenon.v1.PluginInfo;
import java.time.Instant;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Tells all that a host knows of one run. */
@Command(
    name = "describe",
    description = "Tells all that a running host knows of one run of a plugin.",
    mixinStandardHelpOptions = true)
final class Describe extends OperatorCommand {
  @Mixin private RunParameter run;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  Describe() {}

  @Override
  int run(AdminConnection host) {
    DescribePluginResponse all =
        host.stub()
            .describePlugin(
                DescribePluginRequest.newBuilder().setRuntimeId(run.on(host, this)).build());
    print(all, () -> print(all));
    return Exit.DONE;
  }

  private void print(DescribePluginResponse all) {
    PluginInfo plugin = all.getPlugin();
    line("plugin", plugin.getPlugin());
    line("run", plugin.getRuntimeId());
    line("id", all.getSpiffeId());
    line("version", all.getVersion());
    line("state", plugin.getState());
    line("detail", plugin.getDetail());
    line("pid", plugin.getPid() == 0 ? "" : String.valueOf(plugin.getPid()));
    line("isolation", plugin.getIsolation());
    line("calls in flight", String.valueOf(plugin.getInFlight()));
    if (all.hasCertifiedUntil()) {
      line(
          "certified until",
          Instant.ofEpochSecond(all.getCertifiedUntil().getSeconds()).toString());
    }
    all.getProvidesList().forEach(service -> line("declares", service));
    all.getRequiresList().forEach(service -> line("requires", service));
    all.getRegistrationsList()
        .forEach(
            claim ->
                line(
                    "provides",
                    claim.getService()
                        + " "
                        + claim.getVersion()
                        + " "
                        + claim.getRegistrationId()));
  }

  private void line(String key, String value) {
    if (!value.isEmpty()) {
      out().println(key + "\t" + Printable.line(value));
    }
  }
}
