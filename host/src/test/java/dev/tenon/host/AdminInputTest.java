package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.core.Refusal;
import dev.tenon.v1.AdminGrpc;
import dev.tenon.v1.CallRequest;
import dev.tenon.v1.DrainPluginRequest;
import dev.tenon.v1.FollowAuditRequest;
import dev.tenon.v1.ListPluginsRequest;
import dev.tenon.v1.PluginInfo;
import dev.tenon.v1.RevokePluginRequest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What an administrator asks that is wrong, or too much. */
class AdminInputTest {
  private static TestHost start() throws Exception {
    return TestHost.with("").admins("alice").enrolled("alpha").start();
  }

  private static List<PluginInfo> listed(AdminClient alice) {
    return alice.stub().listPlugins(ListPluginsRequest.getDefaultInstance()).getPluginsList();
  }

  private static void call(AdminClient alice, int seconds) {
    alice
        .stub()
        .call(
            CallRequest.newBuilder()
                .setService("a.B")
                .setMethod("C")
                .setReason("x")
                .setWait(com.google.protobuf.Duration.newBuilder().setSeconds(seconds))
                .build())
        .forEachRemaining(answer -> {});
  }

  private static void follow(AdminClient alice, int most) {
    alice
        .stub()
        .followAudit(FollowAuditRequest.newBuilder().setMost(most).build())
        .forEachRemaining(page -> {});
  }

  /**
   * What is no message, or breaks the limits of a field; a reason is not left out.
   *
   * <p>Denies: Admin/ListPlugins, Admin/DescribePlugin, Admin/ListRegistrations,
   * Admin/RevokePlugin, Admin/DrainPlugin, Admin/Explain, Admin/WithdrawRight, Admin/ReadAudit,
   * Admin/FollowAudit, Admin/AddPlugin, Admin/RemovePlugin, Admin/ReplacePlugin, Admin/Call
   * INVALID_REQUEST.
   */
  @Test
  void call_malformed_invalid() throws Exception {
    try (TestHost host = start();
        AdminClient alice = AdminClient.of(host, "alice")) {
      Map<String, Refused> refusals = new LinkedHashMap<>();
      for (String method : RawCalls.methods(AdminGrpc.getServiceDescriptor())) {
        refusals.put(method, RawCalls.refused(alice.channel(), method, RawCalls.NO_PROTOBUF));
      }
      String alpha = host.plugin("alpha").runtimeId();
      for (String reason : List.of("", " ", "a\nb", "x".repeat(1025))) {
        refusals.put(
            "revoke for " + reason,
            Refused.by(
                () ->
                    alice
                        .stub()
                        .revokePlugin(
                            RevokePluginRequest.newBuilder()
                                .setRuntimeId(alpha)
                                .setReason(reason)
                                .build())));
      }
      refusals.put(
          "drain for long",
          Refused.by(
              () ->
                  alice
                      .stub()
                      .drainPlugin(
                          DrainPluginRequest.newBuilder()
                              .setRuntimeId(alpha)
                              .setReason("x")
                              .setWait(com.google.protobuf.Duration.newBuilder().setSeconds(31))
                              .build())));

      refusals.put("call for long", Refused.by(() -> call(alice, 31)));
      for (int most : new int[] {-1, 1001}) {
        refusals.put("follow " + most, Refused.by(() -> follow(alice, most)));
      }

      RawCalls.assertAll(refusals, Refusal.INVALID_REQUEST);
      assertThat(listed(alice).get(0).getState()).isEqualTo("healthy");
    }
  }

  /**
   * An administrator's program that has gone wild is limited, as a plugin that tries is.
   *
   * <p>Denies: Admin/ListPlugins, Admin/DescribePlugin, Admin/ListRegistrations,
   * Admin/RevokePlugin, Admin/DrainPlugin, Admin/Explain, Admin/WithdrawRight, Admin/ReadAudit,
   * Admin/FollowAudit, Admin/AddPlugin, Admin/RemovePlugin, Admin/ReplacePlugin, Admin/Call
   * RATE_LIMITED.
   */
  @Test
  void call_moreOftenThanAllowed_rateLimited() throws Exception {
    HostLimits few = Generous.LIMITS.with(Limited.ADMIN, new Rate(0.001, 1));
    try (TestHost host =
            TestHost.with("")
                .admins("alice")
                .set(builder -> builder.limits(few))
                .enrolled("alpha")
                .start();
        AdminClient alice = AdminClient.of(host, "alice")) {
      var unused = listed(alice);
      Map<String, Refused> refusals = new LinkedHashMap<>();
      for (String method : RawCalls.methods(AdminGrpc.getServiceDescriptor())) {
        refusals.put(method, RawCalls.refused(alice.channel(), method, RawCalls.EMPTY));
      }

      RawCalls.assertAll(refusals, Refusal.RATE_LIMITED);
      RawPlugin alpha = host.plugin("alpha");
      String method = "tenon.v1.Admin/ListPlugins";
      assertThat(
              RawCalls.refused(alpha.control(alpha.bearer()), method, RawCalls.EMPTY)
                  .is(Refusal.NOT_ALLOWED))
          .as("each has a rate of its own")
          .isTrue();
      assertThat(
              RawCalls.refused(alpha.control(alpha.bearer()), method, RawCalls.EMPTY)
                  .is(Refusal.RATE_LIMITED))
          .isTrue();
    }
  }
}
