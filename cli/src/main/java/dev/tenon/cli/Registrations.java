package dev.tenon.cli;

import dev.tenon.v1.ListRegistrationsRequest;
import dev.tenon.v1.ListRegistrationsResponse;
import dev.tenon.v1.RegistrationInfo;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists what is registered. */
@Command(
    name = "registrations",
    description = "Lists what is registered on a running host.",
    mixinStandardHelpOptions = true)
final class Registrations extends OperatorCommand {
  @Option(names = "--id", paramLabel = "ID", description = "the one with this id")
  private @Nullable String id;

  @Option(names = "--run", paramLabel = "RUN", description = "those of one run")
  private @Nullable String runtimeId;

  @Option(names = "--plugin", paramLabel = "NAME", description = "those of one plugin")
  private @Nullable String plugin;

  @Option(names = "--service", paramLabel = "SERVICE", description = "those of one service")
  private @Nullable String service;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  Registrations() {}

  @Override
  int run(AdminConnection host) {
    ListRegistrationsRequest.Builder request = ListRegistrationsRequest.newBuilder();
    if (id != null) {
      request.setRegistrationId(id);
    }
    if (runtimeId != null) {
      request.setRuntimeId(runtimeId);
    }
    if (plugin != null) {
      request.setPlugin(plugin);
    }
    if (service != null) {
      request.setService(service);
    }
    ListRegistrationsResponse all = host.stub().listRegistrations(request.build());
    print(
        all,
        () -> {
          Table table = new Table("SERVICE", "VERSION", "RUN", "HEALTH", "SHARING", "ID");
          for (RegistrationInfo claim : all.getRegistrationsList()) {
            table.row(
                claim.getService(),
                claim.getVersion(),
                claim.getRuntimeId(),
                claim.getHealth(),
                claim.getExclusive() ? "exclusive" : "shared",
                claim.getRegistrationId());
          }
          table.print(out());
        });
    return Exit.DONE;
  }
}
