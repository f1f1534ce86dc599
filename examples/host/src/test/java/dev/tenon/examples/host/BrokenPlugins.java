package dev.tenon.examples.host;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Plugin folders for tests, under {@code broken} in a test's place. */
final class BrokenPlugins {
  private BrokenPlugins() {}

  /** Writes a plugin whose program is {@code script}. */
  static void write(Place place, String name, String script)
      throws IOException, NoSuchAlgorithmException {
    byte[] program = script.getBytes(UTF_8);
    Path file = place.file("broken/" + name + "/bin/start", program);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(program);
    writeToml(
        place,
        name,
        """
        name = "%s"
        version = "1.0.0"
        command = ["bin/start"]
        sha256 = "%s"
        isolation = "shared-uid"
        """
            .formatted(name, HexFormat.of().formatHex(digest)));
  }

  /** Writes a folder whose {@code plugin.toml} is {@code toml}. */
  static void writeToml(Place place, String folder, String toml) throws IOException {
    place.file("broken/" + folder + "/plugin.toml", toml.getBytes(UTF_8));
  }
}
