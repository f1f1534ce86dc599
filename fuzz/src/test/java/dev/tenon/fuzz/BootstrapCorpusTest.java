package dev.tenon.fuzz;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The corpus of the bootstrap line without Jazzer: every file of it is read, and does what its name
 * says. {@code valid-*} is accepted, all else is refused.
 */
class BootstrapCorpusTest {
  private static Path corpus() throws Exception {
    return Path.of(
        requireNonNull(
                BootstrapCorpusTest.class.getResource("BootstrapFuzzTestInputs"), "seed corpus")
            .toURI());
  }

  /** Returns the committed files; Jazzer leaves what it finds in a folder beside them. */
  private static Stream<String> seeds() throws Exception {
    try (Stream<Path> files = Files.list(corpus())) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> file.getFileName().toString())
          .sorted()
          .toList()
          .stream();
    }
  }

  @Test
  void corpus_ofThisRelease_hasValidAndRefusedSeeds() throws Exception {
    assertThat(seeds()).hasSizeGreaterThanOrEqualTo(20);
    assertThat(seeds()).anyMatch(name -> name.startsWith("valid-"));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void parse_seed_doesWhatItsNameSays(String name) throws Exception {
    byte[] line = Files.readAllBytes(corpus().resolve(name));

    assertThat(BootstrapLine.check(line).isPresent()).isEqualTo(name.startsWith("valid-"));
  }
}
