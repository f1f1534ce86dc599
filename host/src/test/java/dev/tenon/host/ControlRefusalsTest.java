package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.audit.AuditEvent.Outcome;
import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.core.Refusal;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.v1.EnrolmentGrpc;
import dev.tenon.v1.GrantsGrpc;
import dev.tenon.v1.LifecycleGrpc;
import dev.tenon.v1.RegistryGrpc;
import dev.tenon.v1.RenewalGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServiceDescriptor;
import io.grpc.Status.Code;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What every method of the contract refuses alike, method by method as the descriptors have them:
 * whoever adds one finds it here.
 */
class ControlRefusalsTest {
  private static final byte[] EMPTY = {};

  /** A tag of the wire type 7, which there is not. */
  private static final byte[] NO_PROTOBUF = {(byte) 0x0f};

  private static final Marshaller<byte[]> BYTES =
      new Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          return EMPTY;
        }
      };

  private static List<String> methods(ServiceDescriptor... services) {
    return Stream.of(services)
        .flatMap(service -> service.getMethods().stream())
        .map(MethodDescriptor::getFullMethodName)
        .toList();
  }

  /** Returns the methods that are called with a runtime token. */
  private static List<String> byToken() {
    return methods(
        RegistryGrpc.getServiceDescriptor(),
        LifecycleGrpc.getServiceDescriptor(),
        GrantsGrpc.getServiceDescriptor());
  }

  /** Calls {@code method} with {@code request}; a stream is read until it ends. */
  private static Refused refused(Channel channel, String method, byte[] request) {
    MethodDescriptor<byte[], byte[]> raw =
        MethodDescriptor.newBuilder(BYTES, BYTES)
            .setType(MethodType.SERVER_STREAMING)
            .setFullMethodName(method)
            .build();
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS);
    return Refused.by(
        () ->
            ClientCalls.blockingServerStreamingCall(channel, raw, options, request)
                .forEachRemaining(answer -> {}));
  }

  private static void assertAll(Map<String, Refused> refusals, Refusal expected) {
    assertThat(refusals)
        .allSatisfy(
            (method, refused) ->
                assertThat(refused.is(expected))
                    .as(method + ": " + refused + " (expected: " + expected + ")")
                    .isTrue());
  }

  /**
   * Without a token nobody gets further than being told so, and each attempt is on record.
   *
   * <p>Denies: Registry/Register, Registry/Unregister, Registry/Discover, Registry/List,
   * Registry/Watch, Lifecycle/ReportHealth, Grants/Request, Grants/Refresh, Grants/Release,
   * NOT_AUTHENTICATED. Denies: control CREDENTIAL_MISSING.
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
   * INTERNAL.
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
   * Grants/Release, Enrolment/Enrol, INVALID_REQUEST.
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
   * Grants/Release, RATE_LIMITED.
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
