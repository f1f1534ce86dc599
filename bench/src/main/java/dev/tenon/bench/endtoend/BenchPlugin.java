package dev.tenon.bench.endtoend;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tenon.transport.Bootstrap;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
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

  /** What the caller is told so that it asks for an introduction, once the provider is there. */
  static final String INTRODUCE = "introduce";

  /** What it prints when the provider's address and a new grant are in its folder. */
  static final String INTRODUCED = "introduced";

  /** What it prints when there is no provider yet. */
  static final String UNAVAILABLE = "unavailable";

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
        case CALLER -> call(bootstrap, enrolment, access, program);
        case BACKEND -> serve(bootstrap, enrolment, access, program);
      }
    }
  }

  /** Returns where, in the caller's {@code folder}, it has what a direct call needs. */
  static Path direct(Path folder) {
    return folder.resolve("direct");
  }

  /** It has a server too, whose health the host asks about. */
  private static void call(Bootstrap bootstrap, Enrolment enrolment, Access access, Path program)
      throws IOException, InterruptedException {
    access.write(ADDRESS_FILE, bootstrap.data() + "\n");
    try (Program server = start(bootstrap, access, program)) {
      server.await("listening", LoadGenerator.MARGIN);
      enrolment.reportHealthy();
      System.out.println(READY);
      introduce(enrolment, direct(access.folder()));
    }
  }

  private static Program start(Bootstrap bootstrap, Access access, Path program)
      throws IOException {
    List<String> command = Backend.command(program, access, List.of(bootstrap.listen().toString()));
    return Program.start("backend", access.folder(), command);
  }

  private static void introduce(Enrolment enrolment, Path folder) throws IOException {
    BufferedReader stdin = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    for (String line = stdin.readLine(); line != null; line = stdin.readLine()) {
      if (line.equals(INTRODUCE)) {
        System.out.println(enrolment.introduce(folder) ? INTRODUCED : UNAVAILABLE);
      }
    }
  }

  private static void serve(Bootstrap bootstrap, Enrolment enrolment, Access access, Path program)
      throws IOException, InterruptedException {
    try (Program backend = start(bootstrap, access, program)) {
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
