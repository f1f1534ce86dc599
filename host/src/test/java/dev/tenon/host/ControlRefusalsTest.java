package dev.tenon.host;

import static dev.tenon.host.RawCalls.EMPTY;
import static dev.tenon.host.RawCalls.NO_PROTOBUF;
import static dev.tenon.host.RawCalls.assertAll;
import static dev.tenon.host.RawCalls.methods;
import static dev.tenon.host.RawCalls.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.audit.AuditEvent.Outcome;
import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.core.Refusal;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.v1.EnrolmentGrpc;
import dev.tenon.v1.GrantsGrpc;
import dev.tenon.v1.IntroductionsGrpc;
import dev.tenon.v1.LifecycleGrpc;
import dev.tenon.v1.RegistryGrpc;
import dev.tenon.v1.RenewalGrpc;
import io.grpc.Channel;
import io.grpc.Status.Code;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * What every method of the contract refuses alike, method by method as the descriptors have them:
 * whoever adds one finds it here.
 */
class ControlRefusalsTest {
  /** Returns the methods that are called with a runtime token. */
  private static List<String> byToken() {
    return methods(
        RegistryGrpc.getServiceDescriptor(),
        LifecycleGrpc.getServiceDescriptor(),
        GrantsGrpc.getServiceDescriptor(),
        IntroductionsGrpc.getServiceDescriptor());
  }

  /**
   * Without a token nobody gets further than being told so, and each attempt is on record.
   *
   * <p>Denies: Registry/Register, Registry/Unregister, Registry/Discover, Registry/List,
   * Registry/Watch, Lifecycle/ReportHealth, Grants/Request, Grants/Refresh, Grants/Release,
   * Introductions/Introduce, NOT_AUTHENTICATED. Denies: control CREDENTIAL_MISSING.
   */
  @Test
  void call_withoutToken_notAuthenticated() throws Exception {
    try (TestHost host = TestHost.with("").enrolled("alpha").start()) {
      RawPlugin alpha = host.plugin("alpha");
      Map<String, Refused> refusals = new LinkedHashMap<>();
      byToken().forEach(method -> refusals.put(method, refused(alpha.control(), method, EMPTY)));

      assertThat(refusals).hasSizeGreaterThan(8);
      assertAll(refusals, Refusal.NOT_AUTHENTICATED);
      assertThat(refusals.values())
          .as("what the peer can tell apart")
          .containsOnly(refusals.values().iterator().next());
      assertThat(host.audit.denials("authentication")).contains("missing");
    }
  }

  /**
   * A refusal that cannot be recorded is still one.
   *
   * <p>Denies: Registry/Register, Registry/Unregister, Registry/Discover, Registry/List,
   * Registry/Watch, Lifecycle/ReportHealth, Grants/Request, Grants/Refresh, Grants/Release,
   * Introductions/Introduce, INTERNAL.
   */
  @Test
  void call_refusalCannotBeRecorded_internal() throws Exception {
    try (ControlPlane plane = new ControlPlane(ServiceRegistry.inMemory())) {
      RawPlugin alpha = plane.launch("alpha").plugin;
      var unused = alpha.enrol();
      plane.audit.failOn(Outcome.DENIED);
      Map<String, Refused> refusals = new LinkedHashMap<>();
      byToken().forEach(method -> refusals.put(method, refused(alpha.control(), method, EMPTY)));

      assertAll(refusals, Refusal.INTERNAL);
    }
  }

  /**
   * What is no protobuf is the caller's fault and not the server's.
   *
   * <p>Denies: Renewal/Renew, Registry/Register, Registry/Unregister, Registry/Discover,
   * Registry/List, Registry/Watch, Lifecycle/ReportHealth, Grants/Request, Grants/Refresh,
   * Grants/Release, Introductions/Introduce, Enrolment/Enrol, INVALID_REQUEST.
   */
  @Test
  void call_thatIsNoProtobuf_invalid() throws Exception {
    try (TestHost host = TestHost.with("").enrolled("alpha").start()) {
      RawPlugin alpha = host.plugin("alpha");
      Map<String, Refused> refusals = new LinkedHashMap<>();
      for (String method : methods(RenewalGrpc.getServiceDescriptor())) {
        refusals.put(method, refused(alpha.control(), method, NO_PROTOBUF));
      }
      for (String method : byToken()) {
        refusals.put(method, refused(alpha.control(alpha.bearer()), method, NO_PROTOBUF));
      }
      for (String method : methods(EnrolmentGrpc.getServiceDescriptor())) {
        refusals.put(method, refused(alpha.enrolChannel(), method, NO_PROTOBUF));
      }

      assertAll(refusals, Refusal.INVALID_REQUEST);
    }
  }

  /**
   * Every method has a rate, and what counts is the run that the certificate names.
   *
   * <p>Denies: Renewal/Renew, Registry/Register, Registry/Unregister, Registry/Discover,
   * Registry/List, Registry/Watch, Lifecycle/ReportHealth, Grants/Request, Grants/Refresh,
   * Grants/Release, Introductions/Introduce, RATE_LIMITED.
   */
  @Test
  void call_moreOftenThanAllowed_rateLimited() throws Exception {
    HostLimits limits = Generous.LIMITS;
    for (Limited what :
        List.of(
            Limited.RENEW,
            Limited.REGISTER,
            Limited.UNREGISTER,
            Limited.DISCOVER,
            Limited.WATCH,
            Limited.REPORT_HEALTH,
            Limited.GRANT)) {
      limits = limits.with(what, new Rate(0.001, 2)); // nothing comes back while a test runs
    }
    HostLimits few = limits;
    try (TestHost host =
        TestHost.with("").enrolled("alpha").set(builder -> builder.limits(few)).start()) {
      RawPlugin alpha = host.plugin("alpha");
      Map<String, Refused> refusals = new LinkedHashMap<>();
      for (String method : methods(RenewalGrpc.getServiceDescriptor())) {
        refusals.put(method, third(alpha.control(), method));
      }
      for (String method : byToken()) {
        refusals.put(method, third(alpha.control(alpha.bearer()), method));
      }

      assertAll(refusals, Refusal.RATE_LIMITED);
    }
  }

  private static Refused third(Channel channel, String method) {
    var unused = refused(channel, method, NO_PROTOBUF);
    var unusedToo = refused(channel, method, NO_PROTOBUF);
    return refused(channel, method, NO_PROTOBUF);
  }

  /** A plugin finds no method to administrate the host with, where it enrols or calls others. */
  @Test
  void call_ofAdministration_servedNowhere() throws Exception {
    String all =
        """
        [[rule]]
        id = "all"
        effect = "allow"
        caller = "*"
        service = "**"
        """;
    try (TestHost host = TestHost.with(all).enrolled("alpha").start()) {
      RawPlugin alpha = host.plugin("alpha");
      // On control it is refused as that: see AdminRefusalTest.
      for (Channel channel : List.of(alpha.enrolChannel(), alpha.data(alpha.bearer()))) {
        for (String method : List.of("ReloadPolicy", "RevokePlugin", "Status")) {
          assertThat(refused(channel, "tenon.v1.Admin/" + method, EMPTY).code())
              .isEqualTo(Code.UNIMPLEMENTED);
        }
      }
    }
  }
}
