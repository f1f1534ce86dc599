package dev.tenon.testing.house;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tenon.auth.NotAuthenticatedException;
import dev.tenon.auth.grant.GrantRefusedException;
import dev.tenon.auth.policy.Decision;
import dev.tenon.core.Refusal;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every reason to refuse, at every entry point, has a test or a sentence why it cannot happen; a
 * new method or a new reason stops the build until it has. Row: TE-9.
 */
class DenyMatrixTest {
  private static final String WRITE = "tenon.requirements.write";
  private static final String HEAD =
      """
      Generated from the tests: do not edit

      # Refusals

      For each entry point and each reason to refuse, the tests that see it refused, or why that cannot happen. The
      methods come from the descriptors of the contract, `data` is a call of any service on the data plane, `hosts` one
      at the listener for other hosts, `direct` one at a plugin's server by a plugin, and the reasons are the enums of the code. Tests name their cells in their Javadoc; what cannot happen is in
      `testing/src/test/resources/denials.tsv`. To write this page anew: `mvn -B verify -Dtenon.requirements.write=true`.
      """;

  private static final Pattern SERVICE = Pattern.compile("(?m)^service (\\w+) \\{");
  private static final Repository REPOSITORY = Repository.here();
  private static final List<String> PROBLEMS = new ArrayList<>();
  private static final List<Proof> PROOFS =
      TestSource.read(REPOSITORY, REPOSITORY.testSources(), DenyLines::cellsIn, PROBLEMS);
  private static final Map<String, String> IMPOSSIBLE = DenyMatrix.impossible(tsv());
  private static final DenyMatrix TOLD =
      new DenyMatrix(
          "What the peer is told",
          Stream.concat(methods().stream(), Stream.of("data", "hosts")).toList(),
          names("", Refusal.values()));

  /** What only the audit log is told; all methods of control behind a token are one point there. */
  private static final DenyMatrix RECORDED =
      new DenyMatrix(
          "What only the audit log is told",
          List.of("Enrolment/Enrol", "Renewal/Renew", "control", "data", "hosts"),
          Stream.of(
                  names("CREDENTIAL_", NotAuthenticatedException.Why.values()),
                  names("GRANT_", GrantRefusedException.Why.values()),
                  names("POLICY_", Decision.Reason.values()))
              .flatMap(List::stream)
              .toList());

  /** What a provider refuses whoever calls it directly, and tells nobody apart. */
  private static final DenyMatrix DIRECT =
      new DenyMatrix(
          "What only a provider's own log is told",
          List.of("direct"),
          names("DIRECT_", reasonsOfSdk()));

  private static Enum<?>[] reasonsOfSdk() {
    try {
      return (Enum<?>[]) Class.forName("dev.tenon.sdk.DirectRefusal").getEnumConstants();
    } catch (ClassNotFoundException e) {
      throw new LinkageError("dev.tenon.sdk.DirectRefusal", e);
    }
  }

  private static List<String> names(String prefix, Enum<?>... values) {
    return Stream.of(values).map(value -> prefix + value.name()).toList();
  }

  private static String tsv() {
    try (InputStream in =
        requireNonNull(DenyMatrixTest.class.getResourceAsStream("/denials.tsv"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns every method of every service that the contract's files declare. */
  private static List<String> methods() {
    Path contract = REPOSITORY.root().resolve("proto/src/main/protobuf/tenon/v1");
    List<String> methods = new ArrayList<>();
    try (Stream<Path> files = Files.list(contract)) {
      for (Path file : files.sorted().toList()) {
        SERVICE
            .matcher(Repository.read(file))
            .results()
            .map(found -> descriptor(found.group(1)))
            .flatMap(service -> service.getMethods().stream())
            .map(MethodDescriptor::getFullMethodName)
            .map(name -> name.substring("tenon.v1.".length()))
            .forEach(methods::add);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return methods;
  }

  private static ServiceDescriptor descriptor(String service) {
    try {
      return (ServiceDescriptor)
          Class.forName("dev.tenon.v1." + service + "Grpc")
              .getMethod("getServiceDescriptor")
              .invoke(null);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(service, e);
    }
  }

  private static String page() {
    return HEAD
        + TOLD.markdown(PROOFS, IMPOSSIBLE)
        + RECORDED.markdown(PROOFS, IMPOSSIBLE)
        + DIRECT.markdown(PROOFS, IMPOSSIBLE);
  }

  @Test
  void page_ofThisRelease_isWhatTheTestsSay() throws IOException {
    Path page = REPOSITORY.root().resolve("docs/deny-matrix.md");
    if (Boolean.getBoolean(WRITE)) {
      Files.writeString(page, page());
    }

    assertThat(Files.isRegularFile(page) ? Repository.read(page) : "")
        .as("docs/deny-matrix.md (to write it anew: -D" + WRITE + "=true)")
        .isEqualTo(page());
  }

  @Test
  void cells_ofThisRelease_haveTestsOrReasons() {
    assertThat(PROBLEMS).isEmpty();
    assertThat(TOLD.points()).hasSizeGreaterThan(10).contains("Registry/Register");
    assertThat(TOLD.problems(PROOFS, IMPOSSIBLE)).isEmpty();
    assertThat(RECORDED.problems(PROOFS, IMPOSSIBLE)).isEmpty();
    assertThat(DIRECT.problems(PROOFS, IMPOSSIBLE)).isEmpty();

    Set<String> known = new TreeSet<>(TOLD.cells());
    known.addAll(RECORDED.cells());
    known.addAll(DIRECT.cells());
    assertThat(known).containsAll(IMPOSSIBLE.keySet());
    assertThat(PROOFS)
        .allSatisfy(
            proof ->
                assertThat(known)
                    .as(proof.label() + " names a cell that there is not")
                    .containsAll(proof.rows()));
  }

  @Test
  void problems_emptyAndContradictedCells_areNamed() {
    DenyMatrix matrix = new DenyMatrix("t", List.of("A/Do", "data"), List.of("ONE", "TWO"));
    List<Proof> proofs = List.of(new Proof("host", "SomeTest.x", List.of("A/Do ONE", "data ONE")));

    assertThat(matrix.problems(proofs, DenyMatrix.impossible("TWO\tA/Do\tNo.\nONE\tdata\tNo.")))
        .containsExactly(
            "data ONE: cannot happen, and has a test (expected: one of the two)",
            "data TWO: empty (expected: a test that names it, or why it cannot happen)");
    assertThat(matrix.markdown(proofs, Map.of("A/Do TWO", "No.")))
        .contains("| A/Do | host: `SomeTest.x` |\n")
        .contains("| A/Do | cannot happen: No. |\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"ONE\tA/Do", "ONE\tA/Do\t", "one\tA/Do\tNo.", "ONE\tdata\tNo.\nONE\tdata\tNo."})
  void impossible_malformedLines_areRefused(String lines) {
    assertThatIllegalArgumentException().isThrownBy(() -> DenyMatrix.impossible(lines));
  }

  @Test
  void cellsIn_pointsAndReasons_eachWithEach() {
    assertThat(DenyLines.cellsIn("Some. Denies: A/Do,\n data ONE, TWO. More. Denies: data SIX"))
        .containsExactly("A/Do ONE", "A/Do TWO", "data ONE", "data TWO", "data SIX");
    for (String line : List.of("Denies: A/Do.", "Denies: ONE.", "Denies: A/Do one.", "Denies:")) {
      assertThatIllegalArgumentException().isThrownBy(() -> DenyLines.cellsIn(line));
    }
  }
}
