package dev.tenon.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.Serializable;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SecretTest {
  /** Row: SL-3 */
  @Test
  void toString_secret_redacted() {
    Secret secret = Secret.of("canary");

    assertThat(secret).hasToString("Secret[redacted]");
    assertThat(secret.exposeForWire()).isEqualTo("canary");
    assertThat(secret).isNotInstanceOf(Serializable.class);
    assertThat(Arrays.stream(Secret.class.getDeclaredFields()))
        .allMatch(field -> Modifier.isTransient(field.getModifiers()));
  }

  @Test
  void of_empty_refused() {
    assertThatIllegalArgumentException().isThrownBy(() -> Secret.of(""));
  }
}
