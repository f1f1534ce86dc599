package dev.tenon.host.control;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.tenon.v1.GrantsGrpc;
import dev.tenon.v1.LifecycleGrpc;
import dev.tenon.v1.RegistryGrpc;
import dev.tenon.v1.RenewalGrpc;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every method of the control listener counts as something. */
class ControlRatesTest {
  static Stream<String> methods() {
    return Stream.of(
            RenewalGrpc.getServiceDescriptor(),
            RegistryGrpc.getServiceDescriptor(),
            LifecycleGrpc.getServiceDescriptor(),
            GrantsGrpc.getServiceDescriptor())
        .map(ServiceDescriptor::getMethods)
        .flatMap(methods -> methods.stream())
        .map(MethodDescriptor::getFullMethodName);
  }

  @ParameterizedTest
  @MethodSource("methods")
  void of_everyMethodOfControl_countsAsSomething(String method) {
    assertThatCode(() -> ControlRates.of(method)).doesNotThrowAnyException();
  }

  @Test
  void of_unknownMethod_fails() {
    assertThatNullPointerException().isThrownBy(() -> ControlRates.of("tenon.v1.Registry/Other"));
  }
}
