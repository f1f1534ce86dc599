package dev.tenon.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Locale;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The names of services, plugins and runs. Row: VA-2, VA-3, VA-6, G13. */
class NamesTest {
  @ParameterizedTest
  @ValueSource(strings = {"A", "a", "_", "acme.kv.v1.KeyValue", "a1.b_2", "_a._b"})
  void serviceName_fullName_accepted(String name) {
    assertThat(new ServiceName(name)).hasToString(name);
  }

  /** Traversal, separators, look-alikes. Row: VA-2, G13. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        ".a",
        "a.",
        "a..b",
        "1a",
        "a.1b",
        "a/b",
        "a\\b",
        "../a",
        "a-b",
        "a b",
        " a",
        "a ",
        "a\0",
        "a\n",
        "*",
        "kv.s\u0435rvice",
        "a\u200db",
        "\uff41.b",
        "\u0130.v1",
        "a.\u0661",
        "a%2eb"
      })
  void serviceName_other_refused(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ServiceName(name))
        .withMessageStartingWith("service: ")
        .withMessageContaining("(expected: ");
  }

  @Test
  void serviceName_length_upTo128Bytes() {
    assertThat(new ServiceName("a".repeat(128)).value()).hasSize(128);
    assertThatIllegalArgumentException().isThrownBy(() -> new ServiceName("a".repeat(129)));
  }

  /** Bytes, not characters: what is not ASCII is refused at any length. Row: VA-6. */
  @Test
  void serviceName_128ThreeByteCharacters_refused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new ServiceName("\u20ac".repeat(128)));
  }

  @Test
  void serviceName_case_matters() {
    assertThat(new ServiceName("acme.Kv")).isNotEqualTo(new ServiceName("acme.kv"));
  }

  @ParameterizedTest
  @CsvSource({
    "grpc.health.v1.Health, true",
    "grpc.reflection.v1alpha.ServerReflection, true",
    "tenon.v1.Registry, true",
    "plugin.v1.Lifecycle, true",
    "tenonic.v1.A, false",
    "plugins.v1.A, false",
    "grpc.healthy.A, false",
    "acme.tenon.A, false"
  })
  void isReserved_servicesOfGrpcAndTenon_true(String name, boolean reserved) {
    assertThat(new ServiceName(name).isReserved()).isEqualTo(reserved);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "greeter", "a-b", "a1", "a-", "hosts"})
  void pluginName_pattern_accepted(String name) {
    assertThat(new PluginName(name)).hasToString(name);
  }

  /** Row: VA-3. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1a",
        "-a",
        "A",
        "aB",
        "a b",
        "a/b",
        "../x",
        "a.b",
        "a_b",
        "a\0",
        "a\n",
        "\ud83d\ude00",
        "\u0430",
        "\u0131",
        "host"
      })
  void pluginName_other_refused(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PluginName(name))
        .withMessageStartingWith("plugin name: ");
  }

  /** Row: VA-3. */
  @Test
  void pluginName_length_upTo63() {
    assertThat(new PluginName("a".repeat(63)).value()).hasSize(63);
    assertThatIllegalArgumentException().isThrownBy(() -> new PluginName("a".repeat(64)));
    assertThatIllegalArgumentException().isThrownBy(() -> new PluginName("a".repeat(129)));
  }

  @ParameterizedTest
  @CsvSource({
    "a-0123456789abcdef, a",
    "a-b-0123456789abcdef, a-b",
    "a--0123456789abcdef, a-",
    "a-0123456789abcdef-0123456789abcdef, a-0123456789abcdef"
  })
  void runtimeId_nameAndHex_accepted(String id, String plugin) {
    assertThat(new RuntimeId(id).plugin()).isEqualTo(new PluginName(plugin));
    assertThat(new RuntimeId(id)).hasToString(id);
  }

  /** Row: VA-3. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a",
        "-0123456789abcdef",
        "0123456789abcdef",
        "a0123456789abcdef",
        "a_0123456789abcdef",
        "a-0123456789abcde",
        "a-00123456789abcdef",
        "a-0123456789ABCDEF",
        "a-0123456789abcdeg",
        "a-0123456789abcde\u0661",
        "a-0123456789abcdef ",
        "a-0123456789abcdef\n",
        "A-0123456789abcdef",
        "../x-0123456789abcdef",
        "host-0123456789abcdef",
        "a\0-0123456789abcdef"
      })
  void runtimeId_other_refused(String id) {
    assertThatIllegalArgumentException().isThrownBy(() -> new RuntimeId(id));
  }

  @Test
  void runtimeId_ofNumber_sixteenHexDigitsInAnyLocale() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-u-nu-arab"));
      assertThat(RuntimeId.of(new PluginName("a"), -1)).hasToString("a-ffffffffffffffff");
      assertThat(RuntimeId.of(new PluginName("a"), 10)).hasToString("a-000000000000000a");
    } finally {
      Locale.setDefault(before);
    }
  }

  /** Every plugin name and number make an id that gives the name back. Row: VA-3. */
  @Property
  void runtimeId_ofAnyNameAndNumber_givesNameBack(
      @ForAll("pluginNames") String name, @ForAll long number) {
    PluginName plugin = new PluginName(name);

    assertThat(new RuntimeId(RuntimeId.of(plugin, number).value()).plugin()).isEqualTo(plugin);
  }

  @Provide
  Arbitrary<String> pluginNames() {
    return Arbitraries.strings()
        .withCharRange('a', 'z')
        .withCharRange('0', '9')
        .withChars('-')
        .ofMinLength(1)
        .ofMaxLength(63)
        .filter(name -> name.charAt(0) >= 'a' && name.charAt(0) <= 'z' && !name.equals("host"));
  }

  /** A name is either kept as it is or refused, whatever the text. Row: VA-2, VA-3. */
  @Property
  void names_anyText_exactOrRefused(@ForAll String text) {
    try {
      assertThat(new ServiceName(text).value()).isEqualTo(text).matches("[A-Za-z0-9_.]{1,128}");
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).matches("[ -~]*");
    }
  }
}
