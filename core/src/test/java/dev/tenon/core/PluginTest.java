package dev.tenon.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PluginTest {
  private static BindableService echo(PluginContext context) {
    return () -> ServerServiceDefinition.builder("acme.v1.Echo").build();
  }

  private static Plugin.Builder plugin() {
    return Plugin.named("greeter");
  }

  @Test
  void build_everything_kept() {
    Plugin plugin =
        plugin()
            .version("1.2.0")
            .requires("acme.v1.Log", ">=1.0.0")
            .canUse("acme.v1.Clock", "")
            .provides("acme.v1.Echo", PluginTest::echo)
            .annotations(Map.of("team", "blue"))
            .build();

    assertThat(plugin).hasToString("greeter 1.2.0");
    assertThat(plugin.name()).isEqualTo(new PluginName("greeter"));
    assertThat(plugin.version()).isEqualTo(new Version("1.2.0"));
    assertThat(plugin.requirements().values())
        .containsExactlyInAnyOrder(
            new Requirement(
                new ServiceName("acme.v1.Log"),
                VersionRange.parse(">=1.0.0"),
                Requirement.Need.REQUIRED),
            new Requirement(
                new ServiceName("acme.v1.Clock"), VersionRange.ANY, Requirement.Need.OPTIONAL));
    assertThat(plugin.services()).containsOnlyKeys(new ServiceName("acme.v1.Echo"));
    assertThat(plugin.annotations().entries()).containsEntry("team", "blue");
  }

  @Test
  void build_nameAlone_hasVersionZero() {
    Plugin plugin = plugin().build();

    assertThat(plugin.version()).isEqualTo(new Version("0.0.0"));
    assertThat(plugin.annotations()).isEqualTo(Annotations.NONE);
  }

  @Test
  void build_builderUsedAgain_pluginUnaffected() {
    Plugin.Builder builder = plugin();
    Plugin plugin = builder.build();

    builder.requires("acme.v1.Log", "").provides("acme.v1.Echo", PluginTest::echo).version("2.0.0");

    assertThat(plugin.requirements()).isEmpty();
    assertThat(plugin.services()).isEmpty();
    assertThat(plugin).hasToString("greeter 0.0.0");
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> plugin.services().clear());
  }

  @Test
  void requires_declaredTwice_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> plugin().requires("acme.v1.Log", "").canUse("acme.v1.Log", "^1.0.0"))
        .withMessage("requires: acme.v1.Log (expected: declared once)");
  }

  @Test
  void provides_declaredTwice_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                plugin()
                    .provides("acme.v1.Echo", PluginTest::echo)
                    .provides("acme.v1.Echo", PluginTest::echo))
        .withMessage("provides: acme.v1.Echo (expected: declared once)");
  }

  @Test
  void providesNonBlocking_byItsName_amongTheServices() {
    Plugin plugin =
        plugin()
            .provides("acme.v1.Log", PluginTest::echo)
            .providesNonBlocking("acme.v1.Echo", PluginTest::echo)
            .build();

    assertThat(plugin.services()).hasSize(2);
    assertThat(plugin.nonBlocking()).containsExactly(new ServiceName("acme.v1.Echo"));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                plugin()
                    .provides("acme.v1.Echo", PluginTest::echo)
                    .providesNonBlocking("acme.v1.Echo", PluginTest::echo))
        .withMessage("provides: acme.v1.Echo (expected: declared once)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "tenon.v1.Registry",
        "plugin.v1.X"
      })
  void provides_reserved_refused(String service) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> plugin().provides(service, PluginTest::echo))
        .withMessageContaining("not a service of gRPC or Tenon");
  }

  @Test
  void builder_malformed_refused() {
    assertThatIllegalArgumentException().isThrownBy(() -> Plugin.named("Greeter"));
    assertThatIllegalArgumentException().isThrownBy(() -> Plugin.named("host"));
    assertThatIllegalArgumentException().isThrownBy(() -> plugin().version("v1"));
    assertThatIllegalArgumentException().isThrownBy(() -> plugin().requires("a/b", ""));
    assertThatIllegalArgumentException().isThrownBy(() -> plugin().requires("a.B", "new"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> plugin().provides("a..B", PluginTest::echo));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> plugin().annotations(Map.of("a\nb", "c")));
  }

  @Test
  void serve_withoutSdk_failsNamingIt() {
    assertThatIllegalStateException()
        .isThrownBy(() -> plugin().build().serve())
        .withMessageContaining("plugin greeter")
        .withMessageContaining("dev.tenon:tenon-sdk");
  }

  @Test
  void requirement_toString_rangeUnlessAny() {
    ServiceName log = new ServiceName("acme.v1.Log");

    assertThat(new Requirement(log, VersionRange.ANY, Requirement.Need.REQUIRED))
        .hasToString("acme.v1.Log");
    assertThat(new Requirement(log, VersionRange.parse("^1.0.0"), Requirement.Need.REQUIRED))
        .hasToString("acme.v1.Log ^1.0.0");
  }
}
