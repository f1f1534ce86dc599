package dev.tenon.bench.endtoend;

import dev.tenon.core.Annotations;
import dev.tenon.core.Health;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import dev.tenon.core.Version;
import dev.tenon.registry.Registration;
import dev.tenon.registry.ServiceRegistry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The backend: the same C program behind every way. Stateless. */
final class Backend {
  static final String SERVICE = "bench.v1.Echo";

  /** Its methods. */
  static final List<String> METHODS = List.of("Call", "Chat", "Pour");

  /** What lets the backend serve and the caller call. */
  static final String POLICY =
      """
      [[provide]]
      plugin = "backend"
      services = ["%s"]

      [[rule]]
      id = "caller-calls-backend"
      effect = "allow"
      caller = "caller"
      service = "%s"
      """
          .formatted(SERVICE, SERVICE);

  private Backend() {}

  /** Returns a registry in which {@code provider} alone has the service, and is healthy. */
  static ServiceRegistry registry(RuntimeId provider) throws RefusedException {
    ServiceRegistry registry = ServiceRegistry.inMemory();
    Registration unused =
        registry.register(
            new Registration(
                "0".repeat(32),
                provider,
                new ServiceName(SERVICE),
                new Version("1.0.0"),
                Annotations.NONE,
                Sharing.SHARED));
    registry.reportHealth(provider, Health.HEALTHY);
    return registry;
  }

  /** Returns what is allowed in {@code setting}. */
  static String policy(Setting setting) {
    return switch (setting) {
      case TCP, UNIX, PLAIN -> POLICY;
      case PLUGINS -> POLICY + "direct = true\n";
    };
  }

  /** Returns the path of {@code method}. */
  static String path(String method) {
    return "/" + SERVICE + "/" + method;
  }

  /** Returns the command that {@link #command(Path, Access, List)} does, in {@code setting}. */
  static List<String> command(
      Path program, Access access, List<String> addresses, Setting setting) {
    List<String> command = new ArrayList<>(command(program, access, addresses));
    command.addAll(setting.options());
    return command;
  }

  /** Returns the command that serves on {@code addresses}; it prints where, and "listening". */
  static List<String> command(Path program, Access access, List<String> addresses) {
    List<String> command =
        new ArrayList<>(List.of(program.toString(), "echo", "--service", SERVICE));
    addresses.forEach(address -> command.addAll(List.of("--address", address)));
    command.addAll(access.certificates());
    return Cores.CALLER_AND_BACKEND.pinned(command);
  }
}
