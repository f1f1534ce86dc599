package dev.tenon.auth.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reading of every type, and every way in which a file is refused. */
class ConfigTableTest {
  private static final String EVERY_TYPE =
      """
      name = "words"
      command = ["/bin/java", "-jar"]
      fast = true
      size = 7
      [env]
      LANG = "C"
      "odd key" = "x"
      [data]
      listen = "1"
      [[rule]]
      id = "a"
      [[rule]]
      id = "b"
      """;

  @Test
  void keys_ofTheOperatorsOwn_inOrderAndWithTheirKind() throws Exception {
    ConfigTable root = ConfigTable.parse("t", "\"b.c\" = 'x'\n\"a d\" = { e = 1 }\n");

    assertThat(root.keys()).containsExactlyInAnyOrder("b.c", "a d");
    assertThat(root.hasTable("b.c")).isFalse();
    assertThat(root.hasTable("a d")).isTrue();
    assertThat(root.hasTable("absent")).isFalse();
  }

  @Test
  void read_everyType_asWritten(@TempDir Path folder) throws Exception {
    ConfigTable root =
        ConfigTable.read(Files.writeString(folder.resolve("tenon.toml"), EVERY_TYPE));

    assertThat(root.requiredString("name")).isEqualTo("words");
    assertThat(root.strings("command")).containsExactly("/bin/java", "-jar");
    assertThat(root.bool("fast")).contains(true);
    assertThat(root.integer("size")).contains(7L);
    assertThat(root.stringTable("env"))
        .containsExactly(Map.entry("LANG", "C"), Map.entry("odd key", "x"));
    ConfigTable data = root.table("data").orElseThrow();
    assertThat(data.requiredParsed("listen", Integer::valueOf, 0)).isEqualTo(1);
    assertThat(root.tables("rule"))
        .extracting(rule -> rule.requiredString("id"))
        .containsExactly("a", "b");
    root.finish();
  }

  @Test
  void finish_missingOptionalKeys_empty() throws ConfigException {
    ConfigTable root = ConfigTable.parse("f", "");

    assertThat(root.string("a")).isEmpty();
    assertThat(root.strings("b")).isEmpty();
    assertThat(root.stringTable("c")).isEmpty();
    assertThat(root.bool("d")).isEmpty();
    assertThat(root.integer("e")).isEmpty();
    assertThat(root.table("f")).isEmpty();
    assertThat(root.tables("g")).isEmpty();
    assertThat(root.parsed("h", Integer::valueOf)).isEmpty();
    root.finish();
  }

  /** A required key that is missing is an error. Row: CF-4, TE-7. */
  @Test
  void finish_missingRequiredKeys_named() throws ConfigException {
    ConfigTable root = ConfigTable.parse("f", "\n\n[t]\n");
    ConfigTable table = root.table("t").orElseThrow();

    assertThat(root.requiredString("a")).isEmpty();
    assertThat(root.requiredParsed("b", Integer::valueOf, 5)).isEqualTo(5);
    assertThat(root.requiredParsedList("c", Integer::valueOf)).isEmpty();
    table.requiredString("d");

    assertProblems(
        root,
        "f:1: a: got nothing (expected: a string)",
        "f:1: b: got nothing (expected: a string)",
        "f:1: c: got nothing (expected: an array of strings)",
        "f:3: t.d: got nothing (expected: a string)");
  }

  /** A value of the wrong type is an error. Row: CF-4. */
  @Test
  void finish_wrongTypes_named() throws ConfigException {
    ConfigTable root =
        ConfigTable.parse(
            "f",
            """
            a = 1
            b = "x"
            c = ["x",
              2]
            d = "yes"
            e = 1.5
            f = []
            g = {}
            h = { x = 1 }
            i = 2020-01-01
            j = [[]]
            """);

    root.string("a");
    root.strings("b");
    root.strings("c");
    root.bool("d");
    root.integer("e");
    root.table("f");
    root.tables("g");
    root.stringTable("h");
    root.integer("i");
    root.tables("j");

    assertProblems(
        root,
        "f:1: a: got 1 (expected: a string)",
        "f:2: b: got \"x\" (expected: an array of strings)",
        "f:4: c[1]: got 2 (expected: an array of strings)",
        "f:5: d: got \"yes\" (expected: true or false)",
        "f:6: e: got 1.5 (expected: an integer)",
        "f:7: f: got an array (expected: a table)",
        "f:8: g: got a table (expected: an array of tables)",
        "f:9: h.x: got 1 (expected: a string)",
        "f:10: i: got a date or time (expected: an integer)",
        "f:11: j[0]: got an array (expected: an array of tables)");
  }

  @Test
  void finish_refusedByParser_toldWithExpectation() throws ConfigException {
    ConfigTable root = ConfigTable.parse("f", "a = '70x'\nb = ['1', 'y']\nc = 'z'\n");

    root.parsed(
        "a",
        text -> {
          throw new IllegalArgumentException("port: \"70x\" (expected: 0 to 65535)");
        });
    assertThat(root.parsedList("b", Integer::valueOf)).containsExactly(1);
    root.parsed(
        "c",
        text -> {
          throw new IllegalArgumentException();
        });

    assertProblems(
        root,
        "f:1: a: got \"70x\" (expected: 0 to 65535)",
        "f:2: b[1]: got \"y\" (expected: For input string: \"y\")",
        "f:3: c: got \"z\" (expected: another value)");
  }

  /** Attack: P6. */
  @Test
  void finish_unknownKeysAnywhere_namedWithTheKnownOnes() throws ConfigException {
    ConfigTable root =
        ConfigTable.parse("f", "a = 1\nA = 2\n[t]\nx = 1\n[[l]]\ny = 1\n[u]\nz = 1\n");

    root.integer("a");
    root.table("t").orElseThrow().integer("w");
    root.tables("l");

    assertProblems(
        root,
        "f:2: A: got an unknown key (expected: one of a, l, t)",
        "f:4: t.x: got an unknown key (expected: one of w)",
        "f:6: l[0].y: got an unknown key (expected: no key)",
        "f:7: u: got an unknown key (expected: one of a, l, t)");
  }

  @Test
  void finish_problemOfTheCaller_toldAtItsKey() throws ConfigException {
    ConfigTable root = ConfigTable.parse("f", "\na = 1\n");
    root.integer("a");

    root.problem("a", "got 1 (expected: 2)");
    root.problem("b", "got nothing (expected: a or b)");

    assertProblems(root, "f:1: b: got nothing (expected: a or b)", "f:2: a: got 1 (expected: 2)");
  }

  /** Values cannot forge or hide a line, nor fill it. Row: SL-8. */
  @Test
  void finish_hostileValues_oneBoundedLineEach() throws ConfigException {
    ConfigTable root =
        ConfigTable.parse(
            "f\r\nx",
            "\"k\\n\\u001b[2J\" = 1\na = \"x\\r\\nERROR \\u2028\\u001b[31m\"\nb = \""
                + "y".repeat(100_000)
                + "\"\n");
    root.integer("a");
    root.integer("b");

    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(root::finish)
        .satisfies(
            refused ->
                assertThat(refused.problems())
                    .hasSize(3)
                    .allSatisfy(
                        problem -> assertThat(problem).hasSizeLessThan(500).matches("[ -~]+"))
                    .contains("f??x:2: a: got \"x??ERROR ??[31m\" (expected: an integer)"));
  }

  /** What the parser refuses is told with its line. Row: CF-4. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a = 1~a = 2|f:2: not TOML: a previously defined at line 1",
        "[a]~x = 1~[a]~y = 1|f:3: not TOML: a previously defined at line 1",
        "a = {x = 1, x = 2}|f:1: not TOML: x previously defined",
        "a = yes|f:1: not TOML: Unexpected 'y'",
        "a = off|f:1: not TOML: Unexpected 'o'",
        "~~a = |f:3: not TOML: Unexpected end of",
        "a = *anchor|f:1: not TOML: Unexpected '*'",
        "a = 99999999999999999999|f:1: not TOML: Integer is too large",
        "a = \"x\u0001\"|f:1: not TOML: Unexpected",
      })
  void parse_notToml_refusedWithLine(String toml, String problem) {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> ConfigTable.parse("f", toml.replace('~', '\n')))
        .withMessageStartingWith(problem)
        .satisfies(refused -> assertThat(refused.kind()).isEqualTo(ConfigException.Kind.INVALID));
  }

  @Test
  void parse_severalSyntaxErrors_allTold() {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> ConfigTable.parse("f", "a = \nb = &\nc = 1\nc = 2\n"))
        .satisfies(refused -> assertThat(refused.problems()).hasSize(3));
  }

  @Test
  void parse_deepNesting_refusedWithoutExhaustingTheStack() {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> ConfigTable.parse("f", "a = " + "[".repeat(200_000)))
        .withMessageContaining("Nesting is too deep");
  }

  @Test
  void finish_veryManyProblems_boundedWithCount() throws ConfigException {
    StringBuilder toml = new StringBuilder();
    IntStream.range(0, 150).forEach(i -> toml.append("k").append(i).append(" = 1\n"));

    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> ConfigTable.parse("f", toml.toString()).finish())
        .satisfies(
            refused ->
                assertThat(refused.problems()).hasSize(101).endsWith("f: and 50 more problems"));
  }

  @Test
  void read_missingFile_namesFileAndWhy(@TempDir Path folder) {
    Path missing = folder.resolve("tenon.toml");

    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> ConfigTable.read(missing))
        .withMessage(missing + ": no such file (expected: a readable file)")
        .satisfies(
            refused -> assertThat(refused.kind()).isEqualTo(ConfigException.Kind.UNREADABLE));
  }

  @Test
  void read_folder_namesItAndWhy(@TempDir Path folder) {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> ConfigTable.read(folder))
        .withMessageStartingWith(folder + ": cannot be read: ")
        .withMessageEndingWith("(expected: a readable file)")
        .satisfies(
            refused -> assertThat(refused.kind()).isEqualTo(ConfigException.Kind.UNREADABLE));
  }

  @Test
  void read_notUtf8_refusedWithLine(@TempDir Path folder) throws Exception {
    byte[] latin1 = "a = 1\nb = '\u00e4'\n".getBytes(StandardCharsets.ISO_8859_1);
    Path file = Files.write(folder.resolve("f.toml"), latin1);

    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> ConfigTable.read(file))
        .satisfies(
            refused -> {
              assertThat(refused.kind()).isEqualTo(ConfigException.Kind.INVALID);
              assertThat(refused.problems())
                  .isEqualTo(
                      List.of(file + ":2: file: got a byte that is not UTF-8 (expected: UTF-8)"));
            });
  }

  @Test
  void read_tooLarge_refused(@TempDir Path folder) throws Exception {
    Path fits = Files.writeString(folder.resolve("fits.toml"), "#".repeat(1 << 20));
    Path large = Files.writeString(folder.resolve("large.toml"), "#".repeat((1 << 20) + 1));

    ConfigTable.read(fits).finish();
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> ConfigTable.read(large))
        .withMessageContaining("got more than 1 MiB (expected: at most 1 MiB)");
  }

  private static void assertProblems(ConfigTable root, String... problems) {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(root::finish)
        .withMessage(String.join("\n", problems))
        .satisfies(refused -> assertThat(refused.problems()).containsExactly(problems));
  }
}
