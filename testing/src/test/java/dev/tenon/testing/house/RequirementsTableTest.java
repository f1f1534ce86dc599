package dev.tenon.testing.house;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** docs/requirements.md is what the tests say, and each row of this release has a test. */
class RequirementsTableTest {
  private static final String WRITE = "tenon.requirements.write";

  private static final Repository REPOSITORY = Repository.here();
  private static final List<String> PROBLEMS = new ArrayList<>();
  private static final RequirementsTable TABLE =
      RequirementsTable.of(
          promises(), TestSource.read(REPOSITORY, REPOSITORY.testSources(), PROBLEMS));

  private static String promises() {
    try (InputStream in =
        requireNonNull(RequirementsTableTest.class.getResourceAsStream("/requirements.tsv"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void page_ofThisRelease_isWhatTheTestsSay() throws IOException {
    Path page = REPOSITORY.root().resolve("docs/requirements.md");
    if (Boolean.getBoolean(WRITE)) {
      Files.createDirectories(REPOSITORY.root().resolve("docs"));
      Files.writeString(page, TABLE.markdown());
    }

    assertThat(Files.isRegularFile(page) ? Repository.read(page) : "")
        .as("docs/requirements.md (to write it anew: -D" + WRITE + "=true)")
        .isEqualTo(TABLE.markdown());
  }

  @Test
  void rows_ofThisRelease_haveTestsAndTestsHaveRows() {
    assertThat(PROBLEMS).isEmpty();
    assertThat(TABLE.problems()).isEmpty();
  }

  private static final String SOURCE =
      """
      /**
       * Proves much. Row: AA-1, B2,
       * AA-2.
       */
      class SomeTest {
        /**
         * One.
         *
         * <p>Row: AA-3
         */
        @Test
        void one() {}

        /** Two. Row: AA-4. Row: AA-5 */
        @org.junit.jupiter.params.ParameterizedTest
        void two() {}

        class Inner {
          /** Row: AA-6 */
          @Property
          boolean three() { return true; }
        }

        // Row: AA-7
        /* Row: AA-7 */
        String text = "/** Row: AA-7 */";

        /** Row: AA-8 */
        void helper() {}

        /** Row: AA-9 and AA-10. */
        @Test
        void malformed() {}
      }

      /** Row: AA-11 */
      class NoTest {}
      """;

  @Test
  void read_javadocOfTests_bringsProofsAndProblems(@TempDir Path root) throws IOException {
    Path file = root.resolve("examples/words/src/test/java/x/SomeTest.java");
    Files.createDirectories(root.resolve("examples/words/src/test/java/x"));
    Files.writeString(file, SOURCE);
    Repository fake = new Repository(root);
    List<String> found = new ArrayList<>();

    assertThat(TestSource.read(fake, fake.testSources(), found))
        .containsExactly(
            new Proof("examples/words", "SomeTest", List.of("AA-1", "AA-2")),
            new Proof("examples/words", "SomeTest.one", List.of("AA-3")),
            new Proof("examples/words", "SomeTest.two", List.of("AA-4", "AA-5")),
            new Proof("examples/words", "SomeTest.Inner.three", List.of("AA-6")));
    assertThat(found)
        .hasSize(3)
        .anyMatch(problem -> problem.contains("SomeTest.helper: rows [AA-8] on what is no test"))
        .anyMatch(problem -> problem.contains("SomeTest.malformed: Row: \"AA-9 and AA-10\""))
        .anyMatch(problem -> problem.contains("NoTest: rows [AA-11] on what is no test"));
  }

  @Test
  void problems_rowWithoutTestAndTestWithoutRow_listBoth() {
    RequirementsTable broken =
        RequirementsTable.of(
            "AA-1\tOne.\nAA-2\tTwo.\n",
            List.of(new Proof("core", "SomeTest", List.of("AA-1", "AA-3"))));

    assertThat(broken.problems())
        .containsExactly(
            "core: `SomeTest`: row AA-3 (expected: one of requirements.tsv)",
            "AA-2: no test (expected: one that names this row in its Javadoc)");
    assertThat(broken.markdown())
        .startsWith("Generated from the tests: do not edit\n")
        .endsWith("| AA-1 | One. | core: `SomeTest` |\n| AA-2 | Two. |  |\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"AA-1 One.", "AA-0\tZero.", "A1\tAttack.", "AA-1\tOne.\nAA-1\tTwice."})
  void of_malformedRows_areRefused(String tsv) {
    assertThatIllegalArgumentException().isThrownBy(() -> RequirementsTable.of(tsv, List.of()));
  }
}
