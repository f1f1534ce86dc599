package dev.tenon.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Row: CI-5. */
class ClientSettingsTest {
  private record Named(String name) implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      return next.newCall(method, options);
    }
  }

  @Test
  void with_interceptors_behindThoseThatAreThere() {
    ClientSettings settings =
        ClientSettings.DEFAULT.with(new Named("a"), new Named("b")).with(new Named("c"));

    assertThat(settings.interceptors())
        .containsExactly(new Named("a"), new Named("b"), new Named("c"));
    assertThat(settings.withDeadline(Duration.ofSeconds(3)))
        .isEqualTo(new ClientSettings(Duration.ofSeconds(3), settings.interceptors()));
    assertThat(ClientSettings.DEFAULT)
        .isEqualTo(new ClientSettings(Duration.ofSeconds(30), List.of()));
  }

  @Test
  void interceptors_listChangedAfterwards_stay() {
    List<ClientInterceptor> given = new ArrayList<>(List.of(new Named("a")));
    ClientSettings settings = new ClientSettings(Duration.ofSeconds(1), given);

    given.clear();

    assertThat(settings.interceptors()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1})
  void withDeadline_notPositive_refused(long seconds) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ClientSettings.DEFAULT.withDeadline(Duration.ofSeconds(seconds)))
        .withMessageContaining("(expected: > 0)");
  }
}
