package dev.tenon.bench.endtoend;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What the C program proves itself with and whom it trusts: the files of one private folder. Holds
 * paths alone, so it may be printed.
 *
 * @param folder where {@code certificate.pem}, {@code key.pem}, {@code authority.pem} and {@code
 *     token} are, mode 0600
 * @param serverName the DNS name that the server's certificate must have
 */
record Access(Path folder, String serverName) {
  Access {
    requireNonNull(folder, "folder");
    requireNonNull(serverName, "serverName");
  }

  /** Returns the options of the C program that name the certificates. */
  List<String> certificates() {
    return List.of(
        "--certificate", file("certificate.pem"),
        "--key", file("key.pem"),
        "--authority", file("authority.pem"));
  }

  /** Returns the options that only its load generator needs. */
  List<String> caller() {
    return List.of("--name", serverName, "--token-file", file("token"));
  }

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  /** Makes a file of this folder that its owner alone can read; {@code text} may be a secret. */
  void write(String name, String text) throws IOException {
    Path file = Files.createFile(folder.resolve(name), Private.FILE);
    Files.writeString(file, text);
  }
}
