package dev.tenon.examples.host;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.policy.NetworkPolicies;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.PluginName;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Shows the configured policy, and what follows from it for a network. */
@Command(
    name = "policy",
    description = "Shows the policy, or what it means for a network.",
    mixinStandardHelpOptions = true)
final class PolicyCommand implements Runnable {
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  PolicyCommand() {}

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "expected a command");
  }

  /** Prints the rules. */
  @Command(
      name = "list",
      description = "Prints the rules, in the order of the file.",
      mixinStandardHelpOptions = true)
  int list(@Mixin ConfigOption config) throws ConfigException {
    Explain.print(
        Policy.load(config.read().folders().policy()).rules(), spec.commandLine().getOut());
    return Main.DONE;
  }

  /** Prints Kubernetes NetworkPolicy objects. */
  @Command(
      name = "network",
      description = "Prints Kubernetes NetworkPolicy objects that allow what the policy allows.",
      mixinStandardHelpOptions = true)
  int network(
      @Mixin ConfigOption config,
      @Option(
              names = "--host-ports",
              split = ",",
              paramLabel = "PORT",
              defaultValue = "7072,7071,7070",
              description = "enrol, control and data of the host (${DEFAULT-VALUE})")
          List<Integer> hostPorts,
      @Option(
              names = "--plugin-port",
              paramLabel = "PORT",
              defaultValue = "7100",
              description = "where each plugin listens (${DEFAULT-VALUE})")
          int pluginPort,
      @Option(
              names = "--plugin",
              paramLabel = "NAME",
              arity = "1",
              defaultValue = Option.NULL_VALUE,
              description = "a plugin that the policy does not name; may be given again")
          @Nullable List<String> plugins)
      throws ConfigException {
    NetworkPolicies.Ports ports;
    Set<PluginName> others;
    try {
      others =
          plugins == null
              ? Set.of()
              : plugins.stream().map(PluginName::new).collect(Collectors.toSet());
      ports = new NetworkPolicies.Ports(hostPorts, pluginPort);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    Policy policy = Policy.load(config.read().folders().policy());
    spec.commandLine().getOut().print(new NetworkPolicies(policy, ports).yaml(others));
    return Main.DONE;
  }
}
