package dev.tenon.testing.house;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The rooms of this house, the arrows between them, and all classes in them. */
final class House {
  /** What each room may import, beside itself; see docs/architecture.md. */
  static final Map<String, Set<String>> ARROWS =
      Map.of(
          "v1", Set.of(),
          "core", Set.of(),
          "transport", Set.of("core"),
          "auth", Set.of("core"),
          "registry", Set.of("core"),
          "router", Set.of("core", "transport", "auth", "registry"),
          "host", Set.of("core", "transport", "auth", "registry", "router", "v1"),
          "sdk", Set.of("core", "transport", "v1"),
          "cli", Set.of("core", "transport", "v1"),
          "testing",
              Set.of("core", "transport", "auth", "registry", "router", "host", "sdk", "v1"));

  /** The modules whose sources are written by hand, and whose classes the rules are for. */
  static final List<String> MODULES =
      List.of("core", "transport", "auth", "registry", "router", "host", "sdk", "testing", "cli");

  /** Tests are no production classes, be they in a folder or in proto's jar of test services. */
  private static final ImportOption NO_TESTS =
      location ->
          new ImportOption.DoNotIncludeTests().includes(location)
              && !location.contains("-tests.jar");

  private static final JavaClasses ALL =
      new ClassFileImporter().withImportOption(NO_TESTS).importPackages("dev.tenon");

  private House() {}

  /** Returns every production class on the class path, from jars and folders alike. */
  static JavaClasses classes() {
    return ALL;
  }

  /** Returns the production classes that people wrote. */
  static JavaClasses handWritten() {
    return ALL.that(not(resideInAPackage("dev.tenon.v1..")));
  }

  /** Returns the package of {@code room} and all below it, as ArchUnit writes that. */
  static String packagesOf(String room) {
    return "dev.tenon." + room + "..";
  }
}
