package dev.tenon.testing.house;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The production classes of all modules keep the rules of this house. */
class HouseRulesTest {
  private final JavaClasses classes = House.classes();

  /** No rule holds because nobody was there: each source file has its class among the imported. */
  @Test
  void classes_ofEveryModule_areImported() {
    List<String> imported = classes.stream().map(JavaClass::getName).toList();
    Repository repository = Repository.here();
    for (String module : House.MODULES) {
      assertThat(imported).as(module).containsAll(repository.mainTypes(module));
    }
    assertThat(imported).as("on etcd").containsAll(repository.mainTypes("registry-etcd"));
    assertThat(repository.mainTypes("registry-etcd")).contains("dev.tenon.registry.etcd.EtcdStore");
    assertThat(repository.mainTypes("core")).contains("dev.tenon.core.Identity");
    assertThat(imported).as("the contract").contains("dev.tenon.v1.EnrolRequest");
    assertThat(imported)
        .as("no test service, no test")
        .noneMatch(name -> name.startsWith("dev.tenon.testservice."))
        .doesNotContain(HouseRulesTest.class.getName());
  }

  @Test
  void rooms_inAllPackages_areThoseOfTheHouse() {
    assertThat(classes)
        .extracting(type -> type.getPackageName().split("\\.", -1)[2])
        .isSubsetOf(House.ARROWS.keySet());
    assertThat(House.ARROWS.keySet()).containsAll(House.MODULES);
  }

  private static Stream<ArchRule> rulesForAll() {
    return Stream.of(
        HouseRules.NO_NETTY_IN_SIGNATURES,
        HouseRules.NO_EMPTY_NAMES,
        HouseRules.NULL_MARKED,
        HouseRules.ONE_LOGGER,
        HouseRules.NOBODY_ENDS_THE_JVM,
        HouseRules.NO_PREDICTABLE_RANDOM,
        HouseRules.NO_OBJECT_STREAMS,
        HouseRules.NO_GRPC_INTERNALS,
        HouseRules.NO_SLEEP);
  }

  @ParameterizedTest
  @MethodSource("rulesForAll")
  void rule_forAllClasses_isKept(ArchRule rule) {
    rule.check(House.handWritten());
  }

  private static Stream<String> rooms() {
    return House.ARROWS.keySet().stream().sorted();
  }

  @ParameterizedTest
  @MethodSource("rooms")
  void room_ofThisHouse_importsOnlyAlongItsArrows(String room) {
    Set<String> arrows = House.ARROWS.getOrDefault(room, Set.of());

    HouseRules.arrows(House.packagesOf(room), arrows).check(classes);
  }

  @Test
  void packages_ofThisHouse_haveNoCycles() {
    HouseRules.noCycles("dev.tenon.(**)").check(classes);
  }

  @Test
  void authAndRegistry_whereIdentityIsAValue_knowNoGrpc() {
    HouseRules.without("dev.tenon.auth..", "io.grpc..", "com.google.protobuf..").check(classes);
    HouseRules.without("dev.tenon.registry", "io.grpc..", "com.google.protobuf..").check(classes);
  }

  /** A host is given it from outside; who has one host alone does not carry it. */
  @Test
  void etcd_inThisHouse_isKnownToItsOwnModuleAlone() {
    HouseRules.onlyIn("dev.tenon.registry.etcd..", "io.etcd..").check(classes);
    HouseRules.onlyIn("dev.tenon.registry.etcd..", "dev.tenon.registry.etcd..").check(classes);
  }

  @Test
  void netty_inThisHouse_staysInTransport() {
    HouseRules.onlyIn("dev.tenon.transport..", "io.netty..", "io.grpc.netty..").check(classes);
  }

  @Test
  void bouncyCastle_inThisHouse_staysInAuth() {
    HouseRules.onlyIn("dev.tenon.auth..", "org.bouncycastle..").check(classes);
  }

  @Test
  void toml_inThisHouse_staysInAuthConfig() {
    HouseRules.onlyIn("dev.tenon.auth.config..", "org.tomlj..").check(classes);
  }

  /** Nor do tests sleep. Read from the sources, since most test classes are not on our path. */
  @Test
  void tests_ofAllModules_doNotSleep() {
    Repository repository = Repository.here();
    String call = ".sleep" + "(";

    assertThat(repository.testSources())
        .hasSizeGreaterThan(10)
        .flatMap(file -> repository.linesWith(file, call).toList())
        .isEmpty();
  }
}
