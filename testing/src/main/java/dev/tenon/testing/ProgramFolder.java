package dev.tenon.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.core.Plugin;
import dev.tenon.host.launch.PluginDefinition;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The folder of a plugin whose program is a JVM with the class path of the test. */
final class ProgramFolder {
  private ProgramFolder() {}

  /**
   * Makes {@code folder} and returns the plugin in it, which serves the plugin of {@code field}.
   *
   * @throws IOException if the folder cannot be made
   * @throws ConfigException if the host does not accept what was made
   */
  static PluginDefinition make(Path folder, Plugin plugin, Field field)
      throws IOException, ConfigException {
    Files.createDirectories(folder);
    Path arguments = folder.resolve("arguments");
    Files.writeString(
        arguments,
        "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp %s %s %s %s%n"
            .formatted(
                quoted(classPath()),
                TestedPlugin.class.getName(),
                field.getDeclaringClass().getName(),
                field.getName()));
    Path program = folder.resolve("program");
    Files.writeString(
        program, "#!/bin/sh\nexec \"$JAVA_HOME/bin/java\" '@%s'\n".formatted(arguments));
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    Files.writeString(
        folder.resolve("plugin.toml"),
        """
        name = "%s"
        version = "%s"
        isolation = "shared-uid"
        command = ["program"]
        sha256 = "%s"
        """
            .formatted(plugin.name(), plugin.version(), sha256(program)));
    return PluginDefinition.load(folder);
  }

  /** Returns the class path of the test, wherever the test runner keeps it. */
  private static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  /** Returns {@code text} as one argument of an argument file of {@code java}. */
  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static String sha256(Path file) throws IOException {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(Files.readString(file).getBytes(UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
