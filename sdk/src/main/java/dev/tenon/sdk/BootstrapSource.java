package dev.tenon.sdk;

import dev.tenon.transport.Bootstrap;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Optional;

/** Where a plugin finds its start document, as the environment variable {@link #VARIABLE} says. */
sealed interface BootstrapSource {
  /** The variable; its value is no secret. */
  String VARIABLE = "TENON_BOOTSTRAP";

  /** What a person sees who starts a plugin by hand. */
  static String howToStart(String plugin) {
    return """
        %s is a Tenon plugin. A Tenon host starts it and sends it a start document on stdin.
        To run it, put its folder among the host's plugins; the host sets TENON_BOOTSTRAP=stdin.
        A runtime of your own may hand the document over in a file: TENON_BOOTSTRAP=file:PATH (mode 0600).
        """
        .formatted(plugin);
  }

  /** Returns what {@code value} names, or empty if it is neither of the two forms. */
  static Optional<BootstrapSource> parse(String value) {
    if (value.equals("stdin")) {
      return Optional.of(new Stdin());
    }
    if (!value.startsWith("file:") || value.length() == "file:".length()) {
      return Optional.empty();
    }
    try {
      return Optional.of(new PrivateFile(Path.of(value.substring("file:".length()))));
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  /** The first line of stdin; the host holds the other end. */
  record Stdin() implements BootstrapSource {
    /**
     * Returns the document of the first line.
     *
     * @throws PluginStartException if there is none, or it is malformed
     */
    Bootstrap read(BoundedLine stdin) throws PluginStartException {
      try {
        byte[] line =
            stdin
                .next()
                .orElseThrow(
                    () ->
                        new PluginStartException(
                            "stdin: ended (expected: one line with the start document)"));
        return parseDocument("stdin", line);
      } catch (IOException e) {
        throw new PluginStartException("stdin: " + e.getMessage(), e);
      }
    }
  }

  /** A file that only its owner can read. */
  record PrivateFile(Path path) implements BootstrapSource {
    private static final String MODE = "rw-------";

    /**
     * Returns the document in the file.
     *
     * @throws PluginStartException if the file is missing, readable to others, or malformed
     */
    Bootstrap read() throws PluginStartException {
      try {
        checkMode();
        byte[] document = readBounded();
        boolean ends = document.length > 0 && document[document.length - 1] == '\n';
        return parseDocument(
            path.toString(), ends ? Arrays.copyOf(document, document.length - 1) : document);
      } catch (IOException | UnsupportedOperationException e) {
        throw new PluginStartException(path + ": cannot be read: " + e, e);
      }
    }

    private void checkMode() throws IOException, PluginStartException {
      PosixFileAttributes file =
          Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      String mode = PosixFilePermissions.toString(file.permissions());
      if (!file.isRegularFile() || !mode.equals(MODE)) {
        throw new PluginStartException(
            path
                + ": "
                + (file.isRegularFile() ? "mode " + mode : "not a regular file")
                + " (expected: a regular file of mode "
                + MODE
                + ", because it holds a secret)");
      }
    }

    private byte[] readBounded() throws IOException, PluginStartException {
      try (InputStream in = Files.newInputStream(path, LinkOption.NOFOLLOW_LINKS)) {
        byte[] document = in.readNBytes(Bootstrap.MAX_BYTES + 1);
        if (document.length > Bootstrap.MAX_BYTES) {
          throw new PluginStartException(
              path + ": too long (expected: at most " + Bootstrap.MAX_BYTES + " bytes)");
        }
        return document;
      }
    }
  }

  private static Bootstrap parseDocument(String source, byte[] document)
      throws PluginStartException {
    try {
      return Bootstrap.parse(document);
    } catch (IllegalArgumentException e) {
      throw new PluginStartException(source + ": " + e.getMessage(), e);
    }
  }
}
