package dev.tenon.bench.endtoend;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The backend: the same C program behind every way. Stateless. */
final class Backend {
  static final String SERVICE = "bench.v1.Echo";

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

  /** Returns the path of {@code method}. */
  static String path(String method) {
    return "/" + SERVICE + "/" + method;
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
