package dev.tenon.testing.attack;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * Oracle O5: what must not be seen anywhere. Tokens, keys and PEM by their form, and what the test
 * names a secret by its text. Thread-safe.
 */
final class Secrets {
  private static final Pattern FORM =
      Pattern.compile("tn[a-z]_[A-Za-z0-9_-]{8}|-----BEGIN|PRIVATE KEY");

  private final Set<String> known = ConcurrentHashMap.newKeySet();

  void add(String secret) {
    known.add(secret);
  }

  /** Returns the secrets in {@code text}, by their place and kind; never by their text. */
  List<String> violations(String place, String text) {
    List<String> violations = new ArrayList<>();
    if (FORM.matcher(text).find()) {
      violations.add("O5: " + place + ": has a token or a key");
    }
    if (known.stream().anyMatch(text::contains)) {
      violations.add("O5: " + place + ": has what the test calls a secret");
    }
    return violations;
  }

  /** Returns the secrets on any command line of this machine. */
  List<String> violationsOnCommandLines() {
    List<String> violations = new ArrayList<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        String line = commandLine(process);
        if (known.stream().anyMatch(line::contains)) {
          violations.add("O5: command line of process " + process.getFileName());
        }
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return violations;
  }

  private static String commandLine(Path process) {
    try {
      return Files.readString(process.resolve("cmdline"));
    } catch (IOException e) {
      return ""; // It has ended.
    }
  }
}
