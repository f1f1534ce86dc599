package dev.tenon.testing.attack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.testing.RepositoryRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Every attack on tokens (T), on the handshake (H), on the registry (G), on the router and its
 * HTTP/2 (R) and on TLS (X) has a test that names it in its Javadoc, or stands here with the reason
 * why it has none.
 */
class AttackTableTest {
  private static final Map<String, String> WITHOUT_TEST =
      Map.of("H20", "a handshake in JSON: enrolment is gRPC alone");

  private static final Pattern LINE = Pattern.compile("\\bAttack:([A-Z0-9,\\s*]+)\\.");

  /** Attacks on TLS, which have their tests where the connection is made. */
  private static final Pattern ON_TLS = Pattern.compile("\\bAttack:((?:[\\s*]*X[0-9]+,?)+)\\.");

  private static final Map<String, String> ON_TLS_WITHOUT_TEST =
      Map.of("X18", "tested as T22, the certificate of another run over one's own token");

  private static final Pattern TEST_AFTER =
      Pattern.compile("\\A[^/]*\\*/\\s*@(?:Test|ParameterizedTest)\\b");

  private static Set<String> catalogue() {
    Stream<String> tokens =
        ids("T", 1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 16, 17, 19, 20, 21, 22, 24, 25, 26, 27);
    Stream<String> handshake =
        ids("H", 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 14, 15, 17, 18, 19, 20, 22, 23, 24);
    Stream<String> registry = ids("G", 1, 2, 3, 5, 6, 7, 8, 10, 11, 12, 13, 15, 16, 17, 18, 20);
    Stream<String> router =
        Stream.concat(
            ids("R", 1, 2, 3, 5, 6, 7, 8, 10, 11, 12, 13, 15, 16, 17, 18, 20, 21, 22, 23, 25, 26),
            ids("R", 27, 28, 30, 31, 32, 33, 35, 36, 37));
    return Stream.of(tokens, handshake, registry, router)
        .flatMap(all -> all)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Stream<String> ids(String group, int... numbers) {
    return IntStream.of(numbers).mapToObj(number -> group + number);
  }

  private static Set<String> named() throws IOException {
    Path sources = RepositoryRoot.find().resolve("testing/src/test/java/dev/tenon/testing/attack");
    Set<String> named = new TreeSet<>();
    try (Stream<Path> files = Files.list(sources)) {
      for (Path file : files.sorted().toList()) {
        String text = Files.readString(file);
        Matcher line = LINE.matcher(text);
        while (line.find()) {
          assertThat(TEST_AFTER.matcher(text.substring(line.end())).find())
              .as(
                  file.getFileName()
                      + ": "
                      + line.group()
                      + " (expected: in the Javadoc of a test)")
              .isTrue();
          Stream.of(line.group(1).replaceAll("[\\s*]", "").split(",", -1))
              .filter(id -> id.matches("[THGR].*"))
              .forEach(named::add);
        }
      }
    }
    return named;
  }

  private static Set<String> namedOnTls() throws IOException {
    Set<String> named = new TreeSet<>();
    for (String module : List.of("transport", "host")) {
      Path sources = RepositoryRoot.find().resolve(module + "/src/test/java");
      try (Stream<Path> files = Files.walk(sources)) {
        for (Path file : files.filter(path -> path.toString().endsWith("Test.java")).toList()) {
          Matcher line = ON_TLS.matcher(Files.readString(file));
          while (line.find()) {
            named.addAll(List.of(line.group(1).replaceAll("[\\s*]", "").split(",", -1)));
          }
        }
      }
    }
    return named;
  }

  @Test
  void attacks_onTls_haveTestsOrReasons() throws IOException {
    Set<String> expected =
        ids("X", 1, 3, 4, 5, 6, 8, 9, 10, 11, 13, 14, 15, 16, 18, 19, 20, 21, 23)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(expected).containsAll(ON_TLS_WITHOUT_TEST.keySet());
    expected.removeAll(ON_TLS_WITHOUT_TEST.keySet());

    assertThat(namedOnTls())
        .containsAll(expected)
        .doesNotContainAnyElementsOf(ON_TLS_WITHOUT_TEST.keySet());
  }

  @Test
  void attacks_ofTheCatalogue_haveTestsOrReasons() throws IOException {
    Set<String> expected = catalogue();
    expected.removeAll(WITHOUT_TEST.keySet());

    assertThat(named()).isEqualTo(expected);
    assertThat(catalogue()).containsAll(WITHOUT_TEST.keySet());
    assertThat(WITHOUT_TEST.values()).noneMatch(String::isBlank);
  }

  /**
   * Attacks on the audit log, on policy and limits, and on the start of processes, which have their
   * tests in their modules.
   */
  private static final Map<String, String> ELSEWHERE_WITHOUT_TEST =
      Map.of(
          "X28", "malformed certificates and requests are what the fuzz targets try",
          "L5", "the checksum is that of one file, as docs/security.md says",
          "L10", "no line that a plugin prints is protocol",
          "L15",
              "a process is held by its handle, which has its start time; none is found by a"
                  + " number");

  private static final Pattern ANYWHERE = Pattern.compile("\\bAttack:([A-Z0-9,\\s*]+)[.<]");

  @Test
  void attacks_onAuditPolicyAndFiles_haveTestsOrReasons() throws IOException {
    Set<String> expected =
        Stream.of(
                ids("A", 1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 16, 17, 19),
                ids("P", 1, 2, 3, 5, 6, 7, 8, 10, 11, 12, 13),
                ids("L", 1, 3, 4, 5, 6, 8, 9, 10, 11, 13, 14, 15, 16, 18, 19, 20, 21, 23, 24),
                ids("X", 24, 25, 26, 28))
            .flatMap(all -> all)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(expected).containsAll(ELSEWHERE_WITHOUT_TEST.keySet());
    expected.removeAll(ELSEWHERE_WITHOUT_TEST.keySet());
    Set<String> named = new TreeSet<>();
    for (String module : List.of("auth", "transport", "router", "host", "testing")) {
      named.addAll(namedIn(module));
    }

    assertThat(named)
        .containsAll(expected)
        .doesNotContainAnyElementsOf(ELSEWHERE_WITHOUT_TEST.keySet());
  }

  /** Attacks on a host by what is around it, which have their tests where that is. */
  private static final Map<String, String> OF_OPERATIONS_WITHOUT_TEST =
      Map.of(
          "O12",
          "names of hosts come from the operator's files alone, and whoever answers at one must"
              + " show the identity that is asked for (X19)",
          "O16",
          "a host is not to be restored from an image of its memory: Java 17 has no such thing, and"
              + " random numbers come from the kernel each time");

  @Test
  void attacks_onOperations_haveTestsOrReasons() throws IOException {
    Set<String> expected =
        ids("O", 1, 2, 3, 4, 6, 7, 8, 9, 11, 12, 13, 14, 16, 17)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(expected).containsAll(OF_OPERATIONS_WITHOUT_TEST.keySet());
    expected.removeAll(OF_OPERATIONS_WITHOUT_TEST.keySet());
    Set<String> named = new TreeSet<>();
    for (String module : List.of("auth", "transport", "router", "host", "testing")) {
      named.addAll(namedIn(module));
    }

    assertThat(named)
        .containsAll(expected)
        .doesNotContainAnyElementsOf(OF_OPERATIONS_WITHOUT_TEST.keySet());
  }

  private static Set<String> namedIn(String module) throws IOException {
    Set<String> named = new TreeSet<>();
    Path sources = RepositoryRoot.find().resolve(module + "/src/test/java");
    try (Stream<Path> files = Files.walk(sources)) {
      for (Path file : files.filter(path -> path.toString().endsWith("Test.java")).toList()) {
        Matcher line = ANYWHERE.matcher(Files.readString(file));
        while (line.find()) {
          named.addAll(List.of(line.group(1).replaceAll("[\\s*]", "").split(",", -1)));
        }
      }
    }
    return named;
  }
}
