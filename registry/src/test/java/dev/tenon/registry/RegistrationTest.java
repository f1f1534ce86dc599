package dev.tenon.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tenon.core.Annotations;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import dev.tenon.core.Version;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegistrationTest {
  private static Registration registration(String id, String service) {
    return new Registration(
        id,
        Claims.run("a", 1),
        new ServiceName(service),
        new Version("1.0.0"),
        Annotations.NONE,
        Sharing.EXCLUSIVE);
  }

  @Test
  void new_idOf32HexDigits_accepted() {
    String id = "0123456789abcdef".repeat(2);

    assertThat(registration(id, "acme.v1.Echo").id()).isEqualTo(id);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0123456789abcdef0123456789abcde",
        "0123456789abcdef0123456789abcdef0",
        "0123456789ABCDEF0123456789ABCDEF",
        "0123456789abcdef0123456789abcdeg",
        "0123456789abcdef0123456789abcde\n",
        "0123456789abcdef0123456789abcdef\n"
      })
  void new_otherId_refused(String id) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> registration(id, "acme.v1.Echo"))
        .withMessageContaining("(expected: 32 lower-case hex digits)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "tenon.v1.Registry",
        "plugin.v1.X"
      })
  void new_reservedService_refused(String service) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> registration("0".repeat(32), service))
        .withMessageContaining(service);
  }
}
