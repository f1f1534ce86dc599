package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Refusal;
import dev.tenon.v1.AdminGrpc;
import dev.tenon.v1.DescribePluginRequest;
import dev.tenon.v1.DescribePluginResponse;
import dev.tenon.v1.DrainPluginRequest;
import dev.tenon.v1.ExplainRequest;
import dev.tenon.v1.ExplainResponse;
import dev.tenon.v1.Health;
import dev.tenon.v1.ListPluginsRequest;
import dev.tenon.v1.ListRegistrationsRequest;
import dev.tenon.v1.PluginInfo;
import dev.tenon.v1.ReadAuditRequest;
import dev.tenon.v1.RegistrationInfo;
import dev.tenon.v1.RevokePluginRequest;
import dev.tenon.v1.RuleInfo;
import dev.tenon.v1.WithdrawRightRequest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What an administrator is told, and does, over mTLS to a real host. */
class AdminServiceTest {
  private static final String POLICY =
      """
      [[provide]]
      plugin = "alpha"
      services = ["testservice.v1.Echo", "testservice.v1.Other"]

      [[provide]]
      plugin = "beta"
      services = ["testservice.v1.Echo"]

      [[rule]]
      id = "beta-echoes"
      effect = "allow"
      caller = "beta"
      service = "testservice.v1.Echo"
      """;

  private static TestHost start() throws Exception {
    TestHost host =
        TestHost.with(POLICY)
            .admins("alice")
            .enrolled("alpha", NamedEcho.SERVICE, NamedOther.SERVICE)
            .enrolled("beta", NamedEcho.SERVICE)
            .start();
    host.plugin("alpha").register(NamedEcho.SERVICE);
    host.plugin("alpha").register(NamedOther.SERVICE);
    host.plugin("beta").register(NamedEcho.SERVICE);
    return host;
  }

  private static List<PluginInfo> listed(AdminClient alice) {
    return alice.stub().listPlugins(ListPluginsRequest.getDefaultInstance()).getPluginsList();
  }

  private static PluginInfo listed(AdminClient alice, String plugin) {
    return listed(alice).stream()
        .filter(info -> info.getPlugin().equals(plugin))
        .findFirst()
        .orElseThrow();
  }

  /**
   * One line for each plugin with its state; what cannot take calls says so and why, until it can
   * again. Rows: OB-5, OB-6.
   */
  @Test
  void list_pluginsThatFailAndRecover_toldWithTheirStates() throws Exception {
    try (TestHost host = start();
        AdminClient alice = AdminClient.of(host, "alice")) {
      RawPlugin beta = host.plugin("beta");
      List<PluginInfo> first = listed(alice);
      assertThat(first).extracting(PluginInfo::getPlugin).containsExactly("alpha", "beta");
      assertThat(first.get(0).getRuntimeId()).isEqualTo(host.plugin("alpha").runtimeId());
      assertThat(first.get(0).getServicesList())
          .containsExactly(NamedEcho.SERVICE, NamedOther.SERVICE);
      assertThat(first)
          .allMatch(plugin -> plugin.getState().equals("healthy") && plugin.getAvailable());

      beta.report(Health.HEALTH_UNHEALTHY);
      assertThat(listed(alice, "beta"))
          .matches(plugin -> plugin.getState().equals("unhealthy") && !plugin.getAvailable());
      beta.healthy();
      assertThat(listed(alice, "beta"))
          .matches(plugin -> plugin.getState().equals("healthy") && plugin.getAvailable());

      host.run("beta").terminate();
      assertThat(listed(alice, "beta").getAvailable()).isFalse();
      assertThat(listed(alice, "alpha").getAvailable()).isTrue();
    }
  }

  @Test
  void describe_run_tellsWhatTheHostKnows() throws Exception {
    try (TestHost host = start();
        AdminClient alice = AdminClient.of(host, "alice")) {
      RawPlugin alpha = host.plugin("alpha");

      DescribePluginResponse told =
          alice
              .stub()
              .describePlugin(
                  DescribePluginRequest.newBuilder().setRuntimeId(alpha.runtimeId()).build());

      assertThat(told.getPlugin().getRuntimeId()).isEqualTo(alpha.runtimeId());
      assertThat(told.getSpiffeId())
          .isEqualTo(alpha.bootstrap.hostId() + "/plugin/alpha/" + alpha.runtimeId());
      assertThat(told.getVersion()).isEqualTo("1.0.0");
      assertThat(told.getProvidesList()).containsExactly(NamedEcho.SERVICE, NamedOther.SERVICE);
      assertThat(told.getRegistrationsList())
          .extracting(RegistrationInfo::getService)
          .containsExactly(NamedEcho.SERVICE, NamedOther.SERVICE);
      assertThat(told.getCertifiedUntil().getSeconds())
          .isEqualTo(alpha.credentials().chain().get(0).getNotAfter().toInstant().getEpochSecond());
    }
  }

  /** By id, by run, by plugin and by service, and by what they have in common. Row: RG-25. */
  @Test
  void registrations_byEachField_areThoseThatMatchAll() throws Exception {
    try (TestHost host = start();
        AdminClient alice = AdminClient.of(host, "alice")) {
      String alpha = host.plugin("alpha").runtimeId();
      ListRegistrationsRequest all = ListRegistrationsRequest.getDefaultInstance();
      List<RegistrationInfo> three = found(alice, all);
      assertThat(three)
          .extracting(claim -> claim.getRuntimeId() + " " + claim.getService())
          .containsExactly(
              alpha + " " + NamedEcho.SERVICE,
              alpha + " " + NamedOther.SERVICE,
              host.plugin("beta").runtimeId() + " " + NamedEcho.SERVICE);

      assertThat(
              found(
                  alice,
                  all.toBuilder().setRegistrationId(three.get(1).getRegistrationId()).build()))
          .containsExactly(three.get(1));
      assertThat(found(alice, all.toBuilder().setRuntimeId(alpha).build()))
          .containsExactly(three.get(0), three.get(1));
      assertThat(found(alice, all.toBuilder().setPlugin("beta").build()))
          .containsExactly(three.get(2));
      assertThat(found(alice, all.toBuilder().setService(NamedEcho.SERVICE).build()))
          .containsExactly(three.get(0), three.get(2));
      assertThat(
              found(
                  alice, all.toBuilder().setPlugin("beta").setService(NamedOther.SERVICE).build()))
          .isEmpty();
    }
  }

  private static List<RegistrationInfo> found(AdminClient alice, ListRegistrationsRequest asked) {
    return alice.stub().listRegistrations(asked).getRegistrationsList();
  }

  /** What is done is on record with who wanted it and why, before it happens. Row: AU-10. */
  @Test
  void revokeAndDrain_byAdmin_doneAndOnRecordWithNameAndReason() throws Exception {
    try (TestHost host = start();
        AdminClient alice = AdminClient.of(host, "alice")) {
      String alpha = host.plugin("alpha").runtimeId();
      String beta = host.plugin("beta").runtimeId();

      assertThat(
              alice
                  .stub()
                  .drainPlugin(
                      DrainPluginRequest.newBuilder()
                          .setRuntimeId(beta)
                          .setReason("makes room")
                          .setWait(com.google.protobuf.Duration.newBuilder().setSeconds(30))
                          .build())
                  .getInFlight())
          .isZero();
      assertThat(listed(alice, "beta").getState()).isEqualTo("draining");
      var unused =
          alice
              .stub()
              .revokePlugin(
                  RevokePluginRequest.newBuilder()
                      .setRuntimeId(alpha)
                      .setReason("was seen elsewhere")
                      .build());

      assertThat(host.run("alpha").wasKilled()).isTrue();
      assertThat(found(alice, ListRegistrationsRequest.getDefaultInstance())).isEmpty();
      assertThat(host.audit.entries())
          .filteredOn(entry -> entry.actor().equals("admin/alice") && !entry.reason().isEmpty())
          .extracting(
              entry ->
                  entry.event()
                      + " "
                      + entry.action()
                      + " "
                      + entry.resource().replace("/tenon.v1.Admin/", "")
                      + ": "
                      + entry.reason())
          .containsExactly(
              "admin intent DrainPlugin: makes room",
              "lifecycle drain " + beta + ": makes room",
              "admin outcome DrainPlugin: makes room",
              "revocation revoke " + alpha + ": was seen elsewhere",
              "admin outcome RevokePlugin: was seen elsewhere");
    }
  }

  /** The host's own program has its reasons too. Row: AU-10. */
  @Test
  void revokeAndDrain_byProgramWithReason_onRecordWithIt() throws Exception {
    try (TestHost host = start()) {
      PluginStatus alpha = host.host().plugins().get(0);
      PluginStatus beta = host.host().plugins().get(1);

      host.host().drain(alpha.runtimeId(), java.time.Duration.ZERO, "a new version comes");
      host.host().revoke(beta.runtimeId(), "it misbehaves");

      assertThat(host.audit.entries())
          .anyMatch(
              entry ->
                  entry.action().equals("drain") && entry.reason().equals("a new version comes"))
          .anyMatch(
              entry -> entry.action().equals("revoke") && entry.reason().equals("it misbehaves"));
    }
  }

  /** The last records, with the one about the question at their end. */
  @Test
  void readAudit_last_areThoseOfTheFile() throws Exception {
    try (TestHost host = start();
        AdminClient alice = AdminClient.of(host, "alice")) {
      List<String> told =
          alice.stub().readAudit(ReadAuditRequest.newBuilder().setMost(2).build()).getRecordsList();

      assertThat(told).hasSize(2);
      assertThat(host.audit.text()).contains(told);
      assertThat(told.get(1)).contains("admin/alice", "intent", "/tenon.v1.Admin/ReadAudit");
    }
  }

  @Test
  void explain_call_tellsTheRule() throws Exception {
    try (TestHost host = start();
        AdminClient alice = AdminClient.of(host, "alice")) {
      ExplainRequest asked =
          ExplainRequest.newBuilder()
              .setCaller("beta")
              .setService(NamedEcho.SERVICE)
              .setMethod("Unary")
              .build();

      ExplainResponse allowed = alice.stub().explain(asked);
      ExplainResponse denied = alice.stub().explain(asked.toBuilder().setCaller("host").build());

      assertThat(allowed.getAllowed()).isTrue();
      assertThat(allowed.getRule()).isEqualTo("beta-echoes");
      assertThat(allowed.getMatchingList())
          .extracting(RuleInfo::getId)
          .containsExactly("beta-echoes");
      assertThat(denied.getAllowed()).isFalse();
      assertThat(denied.getReason()).isEqualTo("no rule");
    }
  }

  /**
   * Denies: Admin/DescribePlugin, Admin/RevokePlugin, Admin/DrainPlugin, Admin/WithdrawRight
   * NOT_FOUND.
   */
  @Test
  void call_runThatThereIsNot_notFound() throws Exception {
    try (TestHost host = start();
        AdminClient alice = AdminClient.of(host, "alice")) {
      String none = "alpha-0000000000000000";
      AdminGrpc.AdminBlockingStub stub = alice.stub();
      Map<String, Refused> refusals = new LinkedHashMap<>();
      refusals.put(
          "describe",
          Refused.by(
              () ->
                  stub.describePlugin(
                      DescribePluginRequest.newBuilder().setRuntimeId(none).build())));
      refusals.put(
          "revoke",
          Refused.by(
              () ->
                  stub.revokePlugin(
                      RevokePluginRequest.newBuilder().setRuntimeId(none).setReason("x").build())));
      refusals.put(
          "drain",
          Refused.by(
              () ->
                  stub.drainPlugin(
                      DrainPluginRequest.newBuilder().setRuntimeId(none).setReason("x").build())));
      refusals.put(
          "withdraw",
          Refused.by(
              () ->
                  stub.withdrawRight(
                      WithdrawRightRequest.newBuilder()
                          .setPlugin("beta")
                          .setService(NamedOther.SERVICE)
                          .setReason("x")
                          .build())));

      RawCalls.assertAll(refusals, Refusal.NOT_FOUND);
      assertThat(host.audit.denials("admin")).hasSize(3).allMatch(why -> why.contains(none));
    }
  }
}
