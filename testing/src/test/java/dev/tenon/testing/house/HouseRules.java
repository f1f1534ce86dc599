package dev.tenon.testing.house;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.core.domain.properties.CanBeAnnotated.Predicates.annotatedWith;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchRule;
import java.io.ObjectInputStream;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.TrustManager;

/** The rules of this house that can be read off its classes. */
final class HouseRules {
  /** The class that ends the JVM of a plugin whose host is gone. */
  static final String OWNER_OF_THE_JVM = "dev.tenon.sdk.ThisJvm";

  /** The one class that is a program, whose exit status is its result. */
  static final String PROGRAM = "dev.tenon.cli.Main";

  /** grpc-java logs to java.util.logging, and only there can its lines be kept few. */
  static final String FILTER_OF_GRPC_LOGS = "dev.tenon.transport.PeerFaults";

  /** The class that halts a plugin whose host is gone after a fixed time, whatever else happens. */
  static final String WATCHDOG = "dev.tenon.sdk.SdkPluginServer";

  /** Classes of grpc-java that promise nothing to anybody: by name, by place or by their word. */
  private static final DescribedPredicate<JavaClass> GRPC_INTERNAL =
      nameMatching("io\\.grpc\\.(\\w+\\.)*Internal.*")
          .<JavaClass>forSubtype()
          .or(resideInAnyPackage("io.grpc.internal.."))
          .or(annotatedWith("io.grpc.Internal"))
          .as("are internal to grpc-java");

  static final ArchRule NO_GRPC_INTERNALS =
      noClasses()
          .should()
          .dependOnClassesThat(GRPC_INTERNAL)
          .because("any release may do away with them");

  static final ArchRule NO_NETTY_IN_SIGNATURES =
      classes().should(new NotShowNetty()).because("the wire is built inside, values go in");

  static final ArchRule NO_EMPTY_NAMES =
      noClasses()
          .that()
          .areNotAssignableTo(TrustManager.class) // The JDK's name for what it is.
          .should()
          .haveNameMatching(".*(Utils?|Helper|Manager|Impl|Common|Misc|Data|Info)")
          .because("a name says what a class is");

  static final ArchRule NULL_MARKED = classes().should(new LiveInNullMarkedPackage());

  static final ArchRule ONE_LOGGER =
      noClasses()
          .that()
          .doNotHaveFullyQualifiedName(FILTER_OF_GRPC_LOGS)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.util.logging..", "org.slf4j..")
          .because("logs go to System.Logger, and from there where the application wants them");

  static final ArchRule NOBODY_ENDS_THE_JVM =
      noClasses()
          .that()
          .doNotHaveFullyQualifiedName(OWNER_OF_THE_JVM)
          .and()
          .doNotHaveFullyQualifiedName(PROGRAM)
          .should()
          .callMethodWhere(
              target(nameMatching("exit|halt"))
                  .and(target(owner(assignableToAny(System.class, Runtime.class)))))
          .because("a host lives in somebody's application");

  static final ArchRule NO_PREDICTABLE_RANDOM =
      noClasses()
          .should()
          .callConstructorWhere(target(owner(isAny(Random.class, SplittableRandom.class))))
          .because("jitter comes from ThreadLocalRandom, everything else from SecureRandom");

  static final ArchRule NO_OBJECT_STREAMS =
      noClasses().should().dependOnClassesThat().areAssignableTo(ObjectInputStream.class);

  static final ArchRule NO_SLEEP =
      noClasses()
          .that()
          .doNotHaveFullyQualifiedName(WATCHDOG)
          .should()
          .callMethodWhere(
              target(name("sleep")).and(target(owner(isAny(Thread.class, TimeUnit.class)))))
          .because("time is waited for on a timer, or on what is to happen");

  private HouseRules() {}

  private static DescribedPredicate<JavaClass> isAny(Class<?>... types) {
    return JavaClass.Predicates.belongToAnyOf(types);
  }

  private static DescribedPredicate<JavaClass> assignableToAny(Class<?> one, Class<?> other) {
    return JavaClass.Predicates.assignableTo(one).or(JavaClass.Predicates.assignableTo(other));
  }

  /** Returns the rule that {@code packages} use no room of the house but {@code rooms}. */
  static ArchRule arrows(String packages, Set<String> rooms) {
    String[] allowed = rooms.stream().map(House::packagesOf).toArray(String[]::new);
    return classes()
        .that()
        .resideInAPackage(packages)
        .should()
        .onlyDependOnClassesThat(
            resideOutsideOfPackage("dev.tenon..")
                .or(resideInAnyPackage(packages))
                .or(resideInAnyPackage(allowed)))
        .allowEmptyShould(true);
  }

  /** Returns the rule that {@code packages} know nothing of {@code foreign}. */
  static ArchRule without(String packages, String... foreign) {
    return noClasses()
        .that()
        .resideInAPackage(packages)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(foreign);
  }

  /** Returns the rule that nobody but {@code packages} knows {@code foreign}. */
  static ArchRule onlyIn(String packages, String... foreign) {
    return noClasses()
        .that()
        .resideOutsideOfPackage(packages)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(foreign);
  }

  /** Returns the rule that no packages of {@code pattern} depend on each other in a circle. */
  static ArchRule noCycles(String pattern) {
    return slices().matching(pattern).should().beFreeOfCycles();
  }
}
