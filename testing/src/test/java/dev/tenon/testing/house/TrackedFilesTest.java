package dev.tenon.testing.house;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What no file of the repository says: where somebody's machine has its files and its address. */
class TrackedFilesTest {
  /** Folders that are somebody's; apart, so that this file does not hold them. */
  private static final Pattern HOME =
      Pattern.compile("(?<![A-Za-z0-9_.])/(" + "home|Users|root" + ")/[A-Za-z0-9_.]");

  private static final Pattern IPV4 =
      Pattern.compile(
          "(?<![0-9.])([0-9]{1,3})\\.([0-9]{1,3})\\.([0-9]{1,3})\\.([0-9]{1,3})(?![0-9.]*[0-9])");

  /** Before the number of a section, possibly on the line before. */
  private static final Pattern SECTION =
      Pattern.compile("(?s).*sections?[\\s*#/]+(.{0,20}and )?\\z");

  /** Texts of tests that are no address, or stand for one in the place of something else. */
  private static final List<String> EXAMPLES = List.of("1.0.0.0", "1.2.3.4");

  private static List<Path> trackedFiles(Path root) throws Exception {
    assumeTrue(Files.exists(root.resolve(".git")), "no work tree of Git: " + root);
    Path list = Files.createTempFile("tracked", ".txt");
    try {
      Process git =
          new ProcessBuilder("git", "ls-files", "-z")
              .directory(root.toFile())
              .redirectOutput(list.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      git.getOutputStream().close();
      assertThat(git.waitFor()).isZero();
      return List.of(Files.readString(list).split("\0", -1)).stream()
          .filter(name -> !name.isEmpty())
          .map(root::resolve)
          .filter(Files::isRegularFile)
          .toList();
    } finally {
      Files.delete(list);
    }
  }

  private static List<String> found(String text) {
    List<String> found = new ArrayList<>();
    Matcher home = HOME.matcher(text);
    while (home.find()) {
      found.add(home.group());
    }
    Matcher address = IPV4.matcher(text);
    while (address.find()) {
      String before = text.substring(Math.max(0, address.start() - 40), address.start());
      if (isPublic(address)
          && !EXAMPLES.contains(address.group())
          && !SECTION.matcher(before).matches()) {
        found.add(address.group());
      }
    }
    return found;
  }

  /** Not private, local, for documentation (RFC 5737) or for groups; nor an object identifier. */
  private static boolean isPublic(Matcher address) {
    int a = Integer.parseInt(address.group(1));
    int b = Integer.parseInt(address.group(2));
    int c = Integer.parseInt(address.group(3));
    boolean isAddress =
        a <= 255 && b <= 255 && c <= 255 && Integer.parseInt(address.group(4)) <= 255;
    boolean isLocal =
        a == 0
            || a == 10
            || a == 127
            || (a == 169 && b == 254)
            || (a == 172 && b >= 16 && b < 32)
            || (a == 192 && b == 168)
            || a >= 224;
    boolean isForDocumentation =
        (a == 192 && b == 0 && c == 2)
            || (a == 198 && b == 51 && c == 100)
            || (a == 203 && b == 0 && c == 113);
    boolean isObjectIdentifier = a == 2 && b == 5 && c == 29;
    return isAddress && !isLocal && !isForDocumentation && !isObjectIdentifier;
  }

  /** Row: SL-7 */
  @Test
  void trackedFiles_pathsOfAMachineOrPublicAddresses_none() throws Exception {
    Path root = Repository.here().root();
    List<String> found = new ArrayList<>();
    for (Path file : trackedFiles(root)) {
      found(read(file)).forEach(text -> found.add(root.relativize(file) + ": " + text));
    }

    assertThat(found).isEmpty();
  }

  private static String read(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "8.8." + "8.8",
        "see 93.184." + "216.34:80",
        "172.32." + "0.1",
        "\"/" + "home/me\"",
        "/" + "Users/me"
      })
  void found_addressOrPathOfAMachine_isFound(String text) {
    assertThat(found(text)).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1:7070",
        "10.1.2.3",
        "192.0.2.7",
        "RFC 5280, section 4.2.1.3",
        "RFC 5280, section\n   * 4.2." + "1.3",
        "2.5.29.15",
        "1.3.6.1.5.5.7.3.1",
        "999.1.1.1",
        "https://example.org/" + "home/x"
      })
  void found_whatIsNoMachines_isNot(String text) {
    assertThat(found(text)).isEmpty();
  }
}
