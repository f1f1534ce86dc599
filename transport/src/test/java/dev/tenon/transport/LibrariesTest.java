package dev.tenon.transport;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which versions of other libraries a transport is made with. */
class LibrariesTest {
  /**
   * A library that is too old, or an older one in front of ours on the class path, is a clear error
   * before anything listens.
   *
   * <p>Attack: O14, O17.
   */
  @ParameterizedTest
  @ValueSource(strings = {"4.1.123.Final", "4.1.9.Final", "4.2.3.Final", "4.0.56.Final", "3.9.9"})
  void requireNetty_old_refused(String version) {
    assertThatThrownBy(() -> Libraries.requireNetty(version))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "Netty: " + version + " on the class path (expected: 4.1.124 or 4.2.4 and later)");
  }

  /** Attack: O17. */
  @ParameterizedTest
  @ValueSource(strings = {"1.74.9", "1.9.0", "0.15.0"})
  void requireGrpc_old_refused(String version) {
    assertThatThrownBy(() -> Libraries.requireGrpc(version))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("grpc-java: " + version + " on the class path (expected: 1.75.0 and later)");
  }

  @Test
  void require_recentOrUnknown_isTaken() {
    assertThatCode(
            () -> {
              Libraries.requireNetty("4.1.124.Final");
              Libraries.requireNetty("4.2.4.Final");
              Libraries.requireNetty("4.2.18.Final-redhat-1");
              Libraries.requireNetty(null);
              Libraries.requireGrpc("1.75.0");
              Libraries.requireGrpc("2.0.0");
              Libraries.requireGrpc(null);
              Libraries.require();
            })
        .doesNotThrowAnyException();
  }
}
