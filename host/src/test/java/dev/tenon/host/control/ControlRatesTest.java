package dev.tenon.host.control;

import static java.util.function.Function.identity;
import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.tenon.auth.limit.Limited;
import dev.tenon.v1.GrantsGrpc;
import dev.tenon.v1.IntroductionsGrpc;
import dev.tenon.v1.LifecycleGrpc;
import dev.tenon.v1.RegistryGrpc;
import dev.tenon.v1.RenewalGrpc;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import java.util.Map;
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
            GrantsGrpc.getServiceDescriptor(),
            IntroductionsGrpc.getServiceDescriptor())
        .map(ServiceDescriptor::getMethods)
        .flatMap(methods -> methods.stream())
        .map(MethodDescriptor::getFullMethodName);
  }

  @ParameterizedTest
  @MethodSource("methods")
  void of_everyMethodOfControl_countsAsSomething(String method) {
    assertThatCode(() -> ControlRates.of(method)).doesNotThrowAnyException();
  }

  /** No method has the allowance of another kind. */
  @Test
  void of_everyMethodOfControl_countsAsItsKind() {
    assertThat(methods().collect(toMap(identity(), ControlRates::of)))
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("tenon.v1.Renewal/Renew", Limited.RENEW),
                Map.entry("tenon.v1.Registry/Register", Limited.REGISTER),
                Map.entry("tenon.v1.Registry/Unregister", Limited.UNREGISTER),
                Map.entry("tenon.v1.Registry/Discover", Limited.DISCOVER),
                Map.entry("tenon.v1.Registry/List", Limited.DISCOVER),
                Map.entry("tenon.v1.Registry/Watch", Limited.WATCH),
                Map.entry("tenon.v1.Lifecycle/ReportHealth", Limited.REPORT_HEALTH),
                Map.entry("tenon.v1.Grants/Request", Limited.GRANT),
                Map.entry("tenon.v1.Grants/Refresh", Limited.GRANT),
                Map.entry("tenon.v1.Grants/Release", Limited.GRANT),
                Map.entry("tenon.v1.Introductions/Introduce", Limited.GRANT)));
  }

  @Test
  void of_unknownMethod_fails() {
    assertThatNullPointerException().isThrownBy(() -> ControlRates.of("tenon.v1.Registry/Other"));
  }
}
