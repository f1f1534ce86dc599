package dev.tenon.bench.endtoend;

import dev.tenon.transport.Bootstrap;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;

/**
 * The bench's own two plugins, which enrol and then lend their identity to the C program: {@link
 * Role#CALLER} leaves it in a private folder for the load generator, {@link Role#BACKEND} starts
 * the backend with it, on the address where the host expects the plugin's server. No plugin but one
 * of a benchmark should do that.
 */
final class BenchPlugin {
  /** What a plugin is for. */
  enum Role {
    CALLER,
    BACKEND;

    /** Returns its name as a plugin. */
    String plugin() {
      return switch (this) {
        case CALLER -> "caller";
        case BACKEND -> "backend";
      };
    }
  }

  /** The file with the address that the load generator is to call. */
  static final String ADDRESS_FILE = "address";

  /** What it prints when it is healthy. */
  static final String READY = "ready";

  private BenchPlugin() {}

  /**
   * Runs a plugin until its standard input ends.
   *
   * @param args the role, the folder to make, the C program
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    Role role = Role.valueOf(args[0]);
    Path folder = Path.of(args[1]);
    Path program = Path.of(args[2]);
    Bootstrap bootstrap = Bootstrap.parse(readLine(System.in));
    try (Enrolment enrolment = Enrolment.of(bootstrap)) {
      enrolment.lend(folder);
      Access access = new Access(folder, bootstrap.serverName());
      switch (role) {
        case CALLER -> {
          access.write(ADDRESS_FILE, bootstrap.data() + "\n");
          enrolment.reportHealthy();
          System.out.println(READY);
          awaitEnd(System.in);
        }
        case BACKEND -> serve(bootstrap, enrolment, access, program);
      }
    }
  }

  private static void serve(Bootstrap bootstrap, Enrolment enrolment, Access access, Path program)
      throws IOException, InterruptedException {
    List<String> command = Backend.command(program, access, List.of(bootstrap.listen().toString()));
    try (Program backend = Program.start("backend", access.folder(), command)) {
      backend.await("listening", LoadGenerator.MARGIN);
      enrolment.register(Backend.SERVICE);
      enrolment.reportHealthy();
      System.out.println(READY);
      awaitEnd(System.in);
    }
  }

  /** Reads byte by byte: what follows the line stays in the stream. */
  private static byte[] readLine(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0 || line.size() == Bootstrap.MAX_BYTES) {
        throw new EOFException(
            "stdin: no line of at most " + Bootstrap.MAX_BYTES + " bytes (expected: bootstrap)");
      }
      line.write(next);
    }
    return line.toByteArray();
  }

  private static void awaitEnd(InputStream in) throws IOException {
    long unused = in.transferTo(OutputStream.nullOutputStream());
  }
}
