package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Plugin;
import dev.tenon.core.PluginState;
import dev.tenon.host.launch.Launch;
import dev.tenon.host.launch.PluginDefinition;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What users of a host hold cannot be changed behind its back: values are final and have no
 * setters, and where a plugin stands is for the host alone to say.
 *
 * <p>Row: CF-7
 */
class ApiShapeTest {
  static Stream<Class<?>> states() {
    return Arrays.stream(PluginState.class.getPermittedSubclasses());
  }

  @ParameterizedTest
  @ValueSource(
      classes = {
        PluginHost.class,
        PluginStatus.class,
        PluginDefinition.class,
        Plugin.class,
        Launch.class
      })
  void type_isFinalWithPrivateFieldsAndNoSetters(Class<?> type) {
    assertThat(type.getModifiers()).matches(Modifier::isFinal, "final");
    assertThat(type.getDeclaredFields())
        .allSatisfy(
            field -> {
              assertThat(field.getModifiers()).matches(Modifier::isFinal, field + " final");
              assertThat(
                      Modifier.isPrivate(field.getModifiers()) || isConstant(field.getModifiers()))
                  .as("%s private", field)
                  .isTrue();
            });
    assertThat(type.getMethods()).extracting(Method::getName).noneMatch(n -> n.startsWith("set"));
  }

  private static boolean isConstant(int modifiers) {
    return Modifier.isStatic(modifiers) && Modifier.isFinal(modifiers);
  }

  @ParameterizedTest
  @MethodSource("states")
  void state_isARecordOfAClosedSet(Class<?> state) {
    assertThat(PluginState.class).matches(Class::isSealed, "sealed");
    assertThat(state).matches(Class::isRecord, "a record");
  }

  @ParameterizedTest
  @ValueSource(classes = {PluginHost.class, HostBuilder.class})
  void type_isMadeByItsFactoryAlone(Class<?> type) {
    assertThat(type.getConstructors()).isEmpty();
  }
}
