package dev.tenon.testing.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/security.md has what a reader must find there, and nothing that no test holds. */
class SecurityGuideTest {
  private static final Pattern HEADING = Pattern.compile("(?m)^## (.+)$");
  private static final Pattern LINE = Pattern.compile("(?m)^\\| ([^|]+) \\| (`[^|]+`) \\|$");
  private static final Pattern TEST = Pattern.compile("`(\\w+)\\.(\\w+)`");

  private final Repository repository = Repository.here();
  private final String page = Repository.read(repository.root().resolve("docs/security.md"));

  /** Row: DC-1. */
  @Test
  void headings_ofTheGuide_areThere() {
    assertThat(HEADING.matcher(page).results().map(found -> found.group(1)))
        .contains(
            "Boundaries",
            "Assets and attackers",
            "What each secret protects",
            "What is checked, and where",
            "Ways to authenticate",
            "The policy",
            "Ending a run",
            "Limits",
            "The audit log",
            "Common mistakes",
            "Beside hashicorp/go-plugin",
            "What is not protected",
            "Why there is no magic cookie",
            "Checklist");
  }

  /** Programs and commands are on pages whose blocks a test takes and runs. Row: DC-1. */
  @Test
  void blocks_ofTheGuides_areTyped() {
    assertThat(page).doesNotContain("```");
    String operations = Repository.read(repository.root().resolve("docs/operations.md"));
    assertThat(operations.split("\n```[a-z]*\n").length / 2)
        .as("blocks with the mark that has them typed, or compared")
        .isEqualTo(operations.split("\n<!-- walk: (?!none)\\S+ -->\n```").length - 1);
  }

  /** Row: TE-18. */
  @Test
  void checklist_everyLine_namesTestsThatThereAre() {
    Set<String> tests =
        repository.testSources().stream()
            .map(SecurityGuideTest::className)
            .collect(Collectors.toSet());
    List<MatchResult> lines =
        LINE.matcher(page.substring(page.indexOf("## Checklist"))).results().toList();
    List<String> missing = new ArrayList<>();
    for (MatchResult line : lines) {
      List<MatchResult> named = TEST.matcher(line.group(2)).results().toList();
      assertThat(named).as(line.group()).isNotEmpty();
      for (MatchResult test : named) {
        if (!tests.contains(test.group(1)) || !declares(test.group(1), test.group(2))) {
          missing.add(test.group());
        }
      }
    }

    assertThat(lines).hasSizeGreaterThan(25);
    assertThat(missing).isEmpty();
  }

  private boolean declares(String type, String method) {
    return repository.testSources().stream()
        .filter(file -> className(file).equals(type))
        .anyMatch(file -> Repository.read(file).contains("void " + method + "("));
  }

  private static String className(Path file) {
    return file.getFileName().toString().replace(".java", "");
  }
}
