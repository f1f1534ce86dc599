package dev.tenon.host.control;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.limit.Limited;
import dev.tenon.v1.GrantsGrpc;
import dev.tenon.v1.IntroductionsGrpc;
import dev.tenon.v1.LifecycleGrpc;
import dev.tenon.v1.RegistryGrpc;
import dev.tenon.v1.RenewalGrpc;
import io.grpc.MethodDescriptor;
import java.util.Map;

/** What the calls of the control plane count as. Stateless. */
final class ControlRates {
  private static final Map<String, Limited> BY_METHOD =
      Map.ofEntries(
          entry(RenewalGrpc.getRenewMethod(), Limited.RENEW),
          entry(RegistryGrpc.getRegisterMethod(), Limited.REGISTER),
          entry(RegistryGrpc.getUnregisterMethod(), Limited.UNREGISTER),
          entry(RegistryGrpc.getDiscoverMethod(), Limited.DISCOVER),
          entry(RegistryGrpc.getListMethod(), Limited.DISCOVER),
          entry(RegistryGrpc.getWatchMethod(), Limited.WATCH),
          entry(LifecycleGrpc.getReportHealthMethod(), Limited.REPORT_HEALTH),
          entry(GrantsGrpc.getRequestMethod(), Limited.GRANT),
          entry(GrantsGrpc.getRefreshMethod(), Limited.GRANT),
          entry(GrantsGrpc.getReleaseMethod(), Limited.GRANT),
          entry(IntroductionsGrpc.getIntroduceMethod(), Limited.GRANT));

  private ControlRates() {}

  private static Map.Entry<String, Limited> entry(MethodDescriptor<?, ?> method, Limited what) {
    return Map.entry(method.getFullMethodName(), what);
  }

  /**
   * Returns what a call of {@code fullMethodName} counts as.
   *
   * @throws NullPointerException for a method that was forgotten here; the call fails then
   */
  static Limited of(String fullMethodName) {
    return requireNonNull(BY_METHOD.get(fullMethodName), fullMethodName);
  }
}
